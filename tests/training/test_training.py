"""Networks, losses and export; runs where the ``train`` extra is installed."""

import io
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest

torch = pytest.importorskip("torch")

from suite.training.losses import AdaptiveMargin, ArcMargin, CosineMargin  # noqa: E402
from suite.training.train import FAMILIES, export, train  # noqa: E402


def faces(people: int, pictures: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    own = rng.integers(0, 256, (people, 1, 7, 7, 3))
    pixels = own.repeat(16, axis=2).repeat(16, axis=3)
    return np.clip(pixels + rng.normal(0, 5, (people, pictures, 112, 112, 3)), 0, 255).astype("u1")


@pytest.mark.parametrize("family", FAMILIES)
def test_the_exported_network_gives_what_pytorch_gives_at_any_batch(family, tmp_path: Path):
    torch.manual_seed(0)
    network = FAMILIES[family].network()
    size = FAMILIES[family].size_px
    for _ in range(3):
        network(torch.randn(8, 3, size, size))
    network.eval()
    file = tmp_path / "net.onnx"
    export(network, size, file)
    assert file.stat().st_size <= 2 * 2**20
    session = ort.InferenceSession(file, providers=["CPUExecutionProvider"])
    for batch in (1, 5):
        x = torch.randn(batch, 3, size, size)
        with torch.no_grad():
            expected = network(x)
        expected = expected if isinstance(expected, tuple) else (expected,)
        for want, got in zip(expected, session.run(None, {"images": x.numpy()}), strict=True):
            np.testing.assert_allclose(got, want.numpy(), atol=1e-4, rtol=1e-4)
        assert expected[0].shape == (batch, 512)


def test_two_trainings_give_the_same_bytes_and_learn(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("suite.training.train.BATCH", 16)
    pool, logs = faces(8, 24), [io.StringIO(), io.StringIO()]
    torch.use_deterministic_algorithms(True)
    for number, log in enumerate(logs):
        train("arcface", pool, pool[:, :4], tmp_path / f"{number}.onnx", log)
    assert (tmp_path / "0.onnx").read_bytes() == (tmp_path / "1.onnx").read_bytes()
    last = [line for line in logs[0].getvalue().splitlines() if "step" in line][-1]
    assert float(last.split("identified ")[1].split()[0]) > 0.5


def test_arcface_moves_the_own_angle_alone():
    cosines = torch.tensor([[0.5, 0.2], [0.1, 0.8]])
    labels, norms = torch.tensor([0, 1]), torch.ones(2, 1)
    logits = ArcMargin(0.3, 32)(cosines, labels, norms, 1.0)
    expected = 32 * np.cos(np.arccos([0.5, 0.8]) + 0.3)
    np.testing.assert_allclose(logits.diagonal().numpy(), expected, rtol=1e-5)
    assert logits[0, 1] == pytest.approx(32 * 0.2)
    assert torch.allclose(ArcMargin(0.3, 32)(cosines, labels, norms, 0.0), 32 * cosines, atol=1e-4)


def test_cosface_takes_the_margin_off_the_own_cosine():
    cosines = torch.tensor([[0.5, 0.2]])
    logits = CosineMargin(0.2, 24)(cosines, torch.tensor([0]), torch.ones(1, 1), 0.5)
    np.testing.assert_allclose(logits.numpy(), [[24 * 0.4, 24 * 0.2]], rtol=1e-5)


def test_adaface_turns_from_angular_to_additive_with_quality():
    margin = AdaptiveMargin(0.4, 1.0, momentum=0.0)
    margin.mean, margin.deviation = 20.0, 1.0
    cosines, labels = torch.full((3, 2), 0.5), torch.tensor([0, 0, 0])
    norms = torch.tensor([[20.0], [1000.0], [0.01]])
    own = margin(cosines, labels, norms, 1.0)[:, 0].numpy()
    # Average quality: CosFace; high: cos(θ − m) − 2m; low: ArcFace's cos(θ + m).
    theta = np.arccos(0.5)
    expected = [0.5 - 0.4, np.cos(theta - 0.4) - 0.8, np.cos(theta + 0.4)]
    np.testing.assert_allclose(own, expected, atol=1e-3)
