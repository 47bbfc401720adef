"""Exported ONNX files: what PyTorch computes, under fixed names, or nothing."""

from functools import partial

import onnx
import onnxruntime as ort
import pytest

torch = pytest.importorskip("torch", reason="the export needs PyTorch, the extra 'export'")

import numpy as np  # noqa: E402

from suite.catalog.errors import ModelError  # noqa: E402
from suite.catalog.folder import read_catalog  # noqa: E402
from suite.datasets.loader import load_dataset  # noqa: E402
from suite.export import ARCHITECTURES, export_checkpoint, exporter  # noqa: E402
from suite.runtime.network import check_network  # noqa: E402
from suite.training.rehearsal import make_checkpoint  # noqa: E402


@pytest.fixture(scope="module", params=sorted(ARCHITECTURES))
def exported(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    catalog = read_catalog()
    (card, *_) = [
        model
        for model in catalog.models.values()
        if model.source.checkpoint and model.source.checkpoint.architecture == request.param
    ]
    faces = catalog.datasets["embedded-calibration"]
    faces = load_dataset(faces, partial(catalog.locate, faces)).faces
    make_checkpoint(request.param, card.preprocess, faces, folder / "made.ckpt")
    difference = export_checkpoint(folder / "made.ckpt", request.param, folder / "net.onnx")
    return card, folder, difference


def test_onnx_is_what_pytorch_computes(exported):
    _, _, difference = exported

    assert 0 < difference <= 1e-4


def test_opset_and_batch_are_fixed_and_the_card_fits(exported):
    card, folder, _ = exported
    graph = onnx.load(folder / "net.onnx")
    session = ort.InferenceSession(folder / "net.onnx", providers=["CPUExecutionProvider"])
    network = check_network(session, card.preprocess, card.outputs, card.flip)

    assert [(each.domain, each.version) for each in graph.opset_import] == [("", 17)]
    assert network.input == "images"
    assert network.batch is None


def test_exporting_again_gives_the_same_bytes(exported):
    card, folder, _ = exported
    architecture = card.source.checkpoint.architecture
    export_checkpoint(folder / "made.ckpt", architecture, folder / "again.onnx")

    assert (folder / "again.onnx").read_bytes() == (folder / "net.onnx").read_bytes()


def test_made_faces_are_told_apart(exported):
    card, folder, _ = exported
    session = ort.InferenceSession(folder / "net.onnx", providers=["CPUExecutionProvider"])
    shape = card.preprocess.shape(4)
    rows = session.run(None, {"images": np.random.default_rng(0).normal(size=shape).astype("f4")})
    unit = rows[0] / np.linalg.norm(rows[0], axis=1, keepdims=True)

    assert (unit @ unit.T)[~np.eye(4, dtype=bool)].max() < 0.999


def test_a_file_that_computes_otherwise_is_not_kept(tmp_path, monkeypatch):
    torch.manual_seed(0)
    network = ARCHITECTURES["inception_resnet_v1"].build()
    torch.save(network.state_dict(), tmp_path / "a.pt")
    real = exporter.to_onnx

    def other(network, *args):
        with torch.no_grad():
            network.last_bn.bias += 0.01 * torch.arange(512)
        real(network, *args)
        with torch.no_grad():
            network.last_bn.bias -= 0.01 * torch.arange(512)

    monkeypatch.setattr(exporter, "to_onnx", other)

    with pytest.raises(ModelError, match=r"differs from PyTorch by .*nothing was written"):
        export_checkpoint(tmp_path / "a.pt", "inception_resnet_v1", tmp_path / "a.onnx")

    assert [path.name for path in tmp_path.iterdir()] == ["a.pt"]


def test_a_network_that_gives_nan_is_not_kept(tmp_path):
    torch.manual_seed(0)
    state = ARCHITECTURES["inception_resnet_v1"].build().state_dict()
    state["conv2d_1a.bn.running_var"].fill_(-1.0)
    torch.save(state, tmp_path / "a.pt")

    with pytest.raises(ModelError, match=r"gives values that are not finite; nothing was written"):
        export_checkpoint(tmp_path / "a.pt", "inception_resnet_v1", tmp_path / "a.onnx")

    assert [path.name for path in tmp_path.iterdir()] == ["a.pt"]
