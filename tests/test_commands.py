"""The console commands that list and get weights, check a catalog and draft a card."""

import hashlib
import subprocess
import sys
import tomllib
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper
from team import EMBEDDED, MODEL, SOURCE, copy_catalog

from suite.drafting import BLANK
from suite.models.pins import pin


def command(*options: object) -> subprocess.CompletedProcess[str]:
    result = subprocess.run(
        [sys.executable, "-m", "suite.cli", *map(str, options)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in result.stderr
    return result


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    copy_catalog(tmp_path, MODEL)
    return tmp_path


def edit(catalog: Path, old: str, new: str) -> None:
    path = catalog / "models" / f"{MODEL}.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_the_shipped_catalog_has_nothing_wrong() -> None:
    result = command("check")
    assert (result.returncode, result.stdout) == (0, "nothing wrong was found\n")


def test_check_names_every_broken_card_at_once(catalog: Path) -> None:
    edit(catalog, 'color_order = "RGB"', 'color_order = "RBG"')
    (catalog / "datasets" / "odd.toml").write_text('id = "odd"\nkind = "bin"\nfolder = "x"\n')
    result = command("check", f"--catalog={catalog}")
    assert result.returncode == 1
    assert "key 'preprocess.color_order' (it is 'RBG') must be 'RGB' or 'BGR'" in result.stdout
    assert "odd.toml: " in result.stdout
    assert result.stdout.endswith("2 problems\n")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("embedding_dim = 512", "embedding_dim = 128", "outputs.embedding_dim = 128"),
        ("height = 112", "height = 160", "height = 160"),
        ('sha256 = "1', 'sha256 = "2', "other weights than the card's"),
        ("evaluation = [", 'evaluation = ["lfv", ', "there is no dataset 'lfv'"),
    ],
)
def test_check_holds_the_network_against_its_card(
    catalog: Path, old: str, new: str, words: str
) -> None:
    edit(catalog, old, new)
    result = command("check", f"--catalog={catalog}")
    assert result.returncode == 1
    assert words in result.stdout
    assert f"{MODEL}.toml" in result.stdout


def test_weights_lists_what_is_here_and_what_is_missing(catalog: Path) -> None:
    whole = command("weights", f"--catalog={catalog}")
    assert whole.returncode == 0, whole.stdout
    assert f"{MODEL}: weights {SOURCE}: here" in whole.stdout.replace("models/../", "")
    edit(catalog, SOURCE.name, "nowhere.onnx")
    result = command("weights", f"--catalog={catalog}")
    assert result.returncode == 1
    assert "nowhere.onnx: missing" in result.stdout
    shipped = command("weights", "--models=arcface-buffalo-l")
    assert (
        "missing; --get downloads https://github.com/deepinsight/insightface/releases"
        in shipped.stdout
    )
    assert "lfw: file" in shipped.stdout


def test_weights_under_a_licence_are_got_by_nobody_who_does_not_accept_it(tmp_path: Path) -> None:
    options = ("weights", "--get", "--models=arcface-buffalo-l", f"--weights-dir={tmp_path}")
    result = command(*options)
    assert result.returncode == 1
    assert "non-commercial research; --accept-licence says" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_shipped_card_refuses_other_bytes_under_the_real_name(tmp_path: Path) -> None:
    (tmp_path / "w600k_r50.onnx").write_bytes(SOURCE.read_bytes())
    result = command("weights", "--models=arcface-buffalo-l", f"--weights-dir={tmp_path}")
    assert result.returncode == 1
    assert "other weights than the card's" in result.stdout


def test_what_has_no_published_hash_is_refused_until_it_is_pinned(catalog: Path) -> None:
    weights = catalog / "weights"
    weights.mkdir()
    (weights / "made.onnx").write_bytes(SOURCE.read_bytes())
    text = (catalog / "models" / f"{MODEL}.toml").read_text()
    start, end = text.index("[source]"), text.index("[preprocess]")
    (catalog / "models" / f"{MODEL}.toml").write_text(
        text[:start] + '[source]\nfile = "made.onnx"\npage = "https://example.org"\n\n' + text[end:]
    )
    options = ("weights", f"--catalog={catalog}", f"--weights-dir={weights}")
    refused = command(*options)
    assert refused.returncode == 1
    assert "nobody publishes its SHA-256" in refused.stdout
    pin(weights / "made.onnx", hashlib.sha256(SOURCE.read_bytes()).hexdigest())
    assert command(*options).returncode == 0
    (weights / "made.onnx").write_bytes((EMBEDDED / "facenet.onnx").read_bytes())
    assert "the pin beside it" in command(*options).stdout


def test_a_drafted_card_says_what_the_file_says_and_marks_the_rest(tmp_path: Path) -> None:
    card = tmp_path / "models" / "adaface.toml"
    card.parent.mkdir()
    result = command("draft", EMBEDDED / "adaface.onnx", f"--output={card}")
    assert result.returncode == 0, result.stderr
    table = tomllib.loads(card.read_text())
    data = (EMBEDDED / "adaface.onnx").read_bytes()
    assert table["source"]["sha256"] == hashlib.sha256(data).hexdigest()
    assert (card.parent / table["source"]["file"]).resolve() == EMBEDDED / "adaface.onnx"
    assert table["outputs"] == {"embedding": "feature", "norm": "norm", "embedding_dim": 512}
    assert (table["preprocess"]["height"], table["preprocess"]["layout"]) == (112, "NCHW")
    assert BLANK in table["preprocess"]["color_order"]
    checked = command("check", f"--catalog={tmp_path}")
    assert checked.returncode == 1
    assert BLANK in checked.stdout
    again = command("draft", EMBEDDED / "adaface.onnx", f"--output={card}")
    assert again.returncode == 2
    assert "cannot write the card (File exists)" in again.stderr


def test_a_draft_of_bytes_in_nhwc(tmp_path: Path) -> None:
    graph = helper.make_graph(
        [helper.make_node("Flatten", ["x"], ["y"])],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.UINT8, ["n", 160, 120, 3])],
        [helper.make_tensor_value_info("y", TensorProto.UINT8, ["n", 57600])],
    )
    onnx.save(helper.make_model(graph), tmp_path / "Bytes Net.onnx")
    table = tomllib.loads(command("draft", tmp_path / "Bytes Net.onnx").stdout)
    assert table["id"] == "bytes-net"
    spec = table["preprocess"]
    assert (spec["height"], spec["width"], spec["layout"]) == (160, 120, "NHWC")
    assert (spec["scale"], spec["mean"], spec["std"]) == (255.0, [0.0] * 3, [1.0] * 3)


def test_no_network_is_no_draft(tmp_path: Path) -> None:
    (tmp_path / "text.onnx").write_text("hello")
    result = command("draft", tmp_path / "text.onnx")
    assert result.returncode == 2
    assert "is not a readable ONNX model" in result.stderr
    assert "there is no such file" in command("draft", tmp_path / "none.onnx").stderr
