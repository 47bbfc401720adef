"""What check says of networks that it runs, in a catalog of made ones."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from made_net import DIM, FLOAT, FULL_INTEGER, INT8, INT16, SIDE, UINT8, WEIGHTS, Net, image, node
from onnx import TensorProto
from team import MODEL, copy_catalog

from suite.catalog.catalog import Roots
from suite.entry_points.commands.check import check_catalog
from suite.models.onnx_file import read_onnx_file
from suite.runtime import trial
from suite.runtime.child import Answer

ANY = ["n", "a", "b", "c"]
NHWC = node("Transpose", ["x"], "image", perm=[0, 3, 1, 2])
QUANTIZED_OUT = (
    node("QuantizeLinear", ["embedding", "scale", "zero"], "y"),
    {"scale": np.float32(0.1), "zero": np.uint8(128)},
)
# The id of a model, its network, and what is said of it.
BROKEN: dict[str, tuple[Net, str]] = {
    "unfed": (
        Net([*image(["n", 3, SIDE, SIDE]), ("phase_train", TensorProto.BOOL, [])]),
        "outputs.input is not given: the network has 'x', 'phase_train'",
    ),
    "unfed-named": (
        Net([*image(["n", 3, SIDE, SIDE]), ("phase_train", TensorProto.BOOL, [])]),
        "the network's input 'phase_train', a tensor(bool), is fed by no card; export the network "
        "with its value as a constant.",
    ),
    "layout": (
        Net(image(["n", SIDE, SIDE, 3]), before=(NHWC,)),
        "layout = 'NCHW' make ['n', 3, 4, 4], and the network's input 'x' is ['n', 4, 4, 3]",
    ),
    "layout-unsaid": (
        Net(
            image(ANY),
            before=(
                node("Conv", ["nchw", "kernel"], "image"),
                node("Transpose", ["x"], "nchw", perm=[0, 3, 1, 2]),
            )[::-1],
            constants={"kernel": np.eye(3, dtype=np.float32)[:, :, None, None]},
        ),
        "with layout = 'NHWC' it runs.",
    ),
    "nan": (
        Net(weights=WEIGHTS * np.float32("nan")),
        "gives NaN or infinity for a colour chart",
    ),
    "zeros": (Net(weights=WEIGHTS * 0), "gives an embedding of zeros for a colour chart"),
    "constant": (
        Net(
            after=(node("Mul", ["embedding", "none"], "gone"), node("Add", ["gone", "one"], "y")),
            constants={"none": np.float32([0]), "one": np.float32([1, 2, 3, 4, 5])},
        ),
        "gives different charts the same embedding, so that it knows nobody",
    ),
    "uint8": (
        Net(
            output=("y", UINT8, ["n", DIM]),
            after=(node("Cast", ["embedding"], "y", to=UINT8),),
        ),
        "the network's output 'y' is a tensor(uint8) and must be one of",
    ),
    "batch-0": (
        Net(image([0, 3, SIDE, SIDE])),
        "the network's input 'x' has shape [0, 3, 4, 4], so that it takes no image",
    ),
    "batch-1-inside": (
        Net(
            before=(node("Reshape", ["x", "one"], "image"),),
            constants={"one": np.array([1, 3, SIDE, SIDE])},
        ),
        "takes any batch as its shape says, and not two images: the network cannot run on an input "
        "of shape [2, 3, 4, 4]: ",
    ),
    "unknown-op": (
        Net(after=(node("Trunc", ["embedding"], "y", domain="onnx.brevitas"),)),
        "node 'to_y' is a Trunc of the domain 'onnx.brevitas', which onnxruntime lacks: it is "
        "Brevitas's own form; export it as QCDQ, or name the library that has it with --op-library",
    ),
    "quantized": (
        Net(
            after=(
                node("QuantizeLinear", ["embedding", "scale", "zero"], "q"),
                node("DequantizeLinear", ["q", "scale", "zero"], "y"),
            ),
            constants=QUANTIZED_OUT[1],
        ),
        "node 'to_q' is a QuantizeLinear: the network is quantized already",
    ),
}
WHOLE = {
    "plain": Net(),
    "wide": Net(
        output=("y", FLOAT, ["n", DIM, 1, 1]),
        after=(node("Reshape", ["embedding", "to"], "y"),),
        constants={"to": np.array([-1, DIM, 1, 1])},
    ),
    "fixed": Net(image([1, 3, SIDE, SIDE]), output=("y", FLOAT, [1, DIM])),
}


# A whole network whose weights lie in a file beside it, as PyTorch's exporter writes them.
BESIDE = "beside"


def card(folder: Path, name: str, net: Net, *more: str, beside: bool = False) -> None:
    file = folder / f"{name}.onnx"
    digest = net.save(file)
    if beside:
        data = {"location": f"{file.name}.data", "size_threshold": 0}
        onnx.save(onnx.load(file), file, save_as_external_data=True, **data)
        digest = read_onnx_file(file).sha256
    named = "input = 'x'\n" if name.endswith("named") else ""
    (folder / "models" / f"{name}.toml").write_text(
        f'id = "{name}"\nfamily = "made"\nlicence = "none"\nflip = "none"\n'
        f'evaluation = ["embedded-evaluation"]\n[source]\nfile = "../{name}.onnx"\n'
        f'sha256 = "{digest}"\n[preprocess]\nheight = {SIDE}\nwidth = {SIDE}\n'
        'color_order = "RGB"\nscale = 255.0\nmean = [127.5, 127.5, 127.5]\n'
        f"std = [127.5, 127.5, 127.5]\n[outputs]\n{named}embedding_dim = {DIM}\n" + "\n".join(more)
    )


@pytest.fixture(scope="module")
def problems(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What is said of all of them, in one check."""
    folder = tmp_path_factory.mktemp("catalog")
    copy_catalog(folder, MODEL)
    (folder / "models" / f"{MODEL}.toml").unlink()
    for name, (net, _) in BROKEN.items():
        card(folder, name, net)
    for name, whole in WHOLE.items():
        card(folder, name, whole)
    card(folder, BESIDE, Net(), beside=True)
    for name, (net, keys, _) in ARTIFACTS.items():
        digest = net.save(folder / f"{name}.int8.onnx")
        named = f'file = "../{name}.int8.onnx"', f'sha256 = "{digest}"'
        card(folder, name, Net(), "[artifacts.int8_static_qdq]", *named, *keys)
    return check_catalog(folder, Roots()).problems


def of(problems: list[str], name: str) -> list[str]:
    return [problem for problem in problems if f"/models/{name}.toml: " in problem]


@pytest.mark.parametrize("name", BROKEN)
def test_a_network_that_no_gate_could_run_is_named(problems: list[str], name: str) -> None:
    (said,) = of(problems, name)
    assert BROKEN[name][1] in said
    assert f"{name}.toml" in said
    assert "Traceback" not in said
    assert "\n" not in said


@pytest.mark.parametrize("name", [*WHOLE, BESIDE])
def test_a_network_that_runs_is_no_problem(problems: list[str], name: str) -> None:
    assert of(problems, name) == []


OWN = ('layout = "NHWC"', 'embedding = "Identity"')
INPUT = 'quantized_input = { type = "uint8", scale = 0.00784313725, zero_point = 128 }'
SIGNED = Net(image(["n", 3, SIDE, SIDE], INT8), before=(node("Cast", ["x"], "image", to=FLOAT),))
PLACE = "in [artifacts.int8_static_qdq]: layout, input, embedding, norm, quantized_input."
# An artifact beside a whole source, its own keys, and what is said of it.
ARTIFACTS: dict[str, tuple[Net, tuple[str, ...], str]] = {
    "a-whole": (Net(weights=WEIGHTS + 1), (), ""),
    "a-full-integer": (FULL_INTEGER, (*OWN, INPUT), ""),
    "a-no-keys": (FULL_INTEGER, (), "the network's input 'x' is [1, 4, 4, 3]"),
    "a-no-scale": (FULL_INTEGER, OWN, "or, of an artifact alone, quantized_input with its type"),
    "a-other-output": (
        FULL_INTEGER,
        ('layout = "NHWC"', INPUT, 'embedding = "y"'),
        "outputs.embedding = 'y': the network has 'Identity'",
    ),
    "a-int8": (SIGNED, (), "takes int8, which pixels are not"),
    "a-int16": (
        Net(image(["n", 3, SIDE, SIDE], INT16), before=(node("Cast", ["x"], "image", to=FLOAT),)),
        ('quantized_input = { type = "int16", scale = 3.0518e-5 }',),
        "",
    ),
    "a-other-type": (SIGNED, (INPUT,), "its type is uint8, and the network's input 'x' is a"),
    "a-nan": (Net(weights=WEIGHTS * np.float32("nan")), (), "gives NaN or infinity"),
    "a-source": (Net(), (), "is the very file that is the source"),
}


@pytest.mark.parametrize("name", ARTIFACTS)
def test_an_artifact_is_run_as_it_says_and_named(problems: list[str], name: str) -> None:
    found, words = of(problems, name), ARTIFACTS[name][2]
    assert len(found) == bool(words)
    for said in found:
        assert words in said
        assert "key 'artifacts.int8_static_qdq'" in said
        assert f"{name}.int8.onnx" in said
        assert said.endswith(PLACE) is (name not in ("a-source", "a-nan"))


def test_what_cannot_be_run_here_is_a_note(tmp_path: Path) -> None:
    copy_catalog(tmp_path, MODEL)
    (tmp_path / "models" / f"{MODEL}.toml").unlink()
    (tmp_path / "providers").mkdir()
    (tmp_path / "providers" / "npu.toml").write_text(
        'id = "npu"\nexecution_provider = "NoSuchExecutionProvider"\n'
    )
    digest = FULL_INTEGER.save(tmp_path / "npu.onnx")
    named = 'file = "../npu.onnx"', f'sha256 = "{digest}"'
    card(tmp_path, "plain", Net(), "[artifacts.int8_static_qdq.providers.npu]", *named)
    found = check_catalog(tmp_path, Roots())
    assert found.problems == []
    (said,) = (note for note in found.notes if "a loss of TAR" not in note)
    assert said.endswith(
        "key 'artifacts.int8_static_qdq.providers.npu': not run, for npu cannot be used here"
    )


def test_a_crash_names_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    copy_catalog(tmp_path, MODEL)
    (tmp_path / "models" / f"{MODEL}.toml").unlink()
    card(tmp_path, "plain", Net())
    crash = Answer(problem="the process crashed (SIGSEGV).")
    ask: Callable[..., list[Answer]] = lambda _, questions: [crash] * len(questions)  # noqa: E731
    monkeypatch.setattr(trial, "ask", ask)
    (said,) = check_catalog(tmp_path, Roots()).problems
    assert said.endswith(
        "plain.onnx: cannot be loaded and run in a process of its own: the process crashed "
        "(SIGSEGV)."
    )
