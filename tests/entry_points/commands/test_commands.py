"""The console commands that list and get weights, check a catalog and draft a card."""

import hashlib
import importlib.util
import os
import pickle
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import cv2
import onnx
import pytest
from onnx import TensorProto, helper
from team import EMBEDDED, MODEL, ROOT, SOURCE, copy_catalog

from suite.catalog.catalog import Roots
from suite.catalog.errors import ModelError
from suite.catalog.folder import read_catalog
from suite.catalog.table import BLANK
from suite.entry_points.commands.copy import copy_cards
from suite.entry_points.commands.draft import draft_card
from suite.models.pins import pin


def command(*options: object) -> subprocess.CompletedProcess[str]:
    result = subprocess.run(
        [sys.executable, "-m", "suite.entry_points.commands.main", *map(str, options)],
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
    said = result.stdout.splitlines()
    # What the set can show is no fault of it.
    assert [line.partition(" genuine pairs")[2][:16] for line in said[:-2]] == [", of 100 people,"]
    assert (result.returncode, said[-2:]) == (
        0,
        [
            "looked at 4 models, 2 datasets; 9 models on request have no weights here",
            "nothing wrong was found",
        ],
    )


def test_check_writes_the_versions_that_figures_depend_on(tmp_path: Path) -> None:
    file = tmp_path / "constraints.txt"
    result = command("check", f"--constraints={file}")
    assert result.returncode == 0, result.stderr
    assert f"{file}: written; install with pip install -c {file}" in result.stdout
    # pip takes it, and this very environment keeps to it.
    dry = ("-m", "pip", "install", "--dry-run", "--no-index", "--quiet", "--constraint", str(file))
    kept = subprocess.run(
        [sys.executable, *dry, "face-quant-gate", "onnxruntime", "opencv-python-headless"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (kept.returncode, kept.stdout) == (0, ""), kept.stderr
    (tmp_path / "link.txt").symlink_to("elsewhere.txt")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link.txt", "pipe"):
        other = command("check", f"--constraints={tmp_path / name}")
        assert other.returncode == 2
        assert f"{name}: is a link, or no file; give another file with" in other.stderr
    assert (tmp_path / "pipe").is_fifo() and not (tmp_path / "elsewhere.txt").exists()
    absent = command("check", f"--constraints={tmp_path / 'absent' / 'x.txt'}")
    assert absent.returncode == 2
    assert "x.txt: cannot be written (No such file or directory)" in absent.stderr


def test_check_names_every_broken_card_at_once(catalog: Path) -> None:
    edit(catalog, 'color_order = "RGB"', 'color_order = "RBG"')
    (catalog / "datasets" / "odd.toml").write_text('id = "odd"\nkind = "bin"\nfolder = "x"\n')
    result = command("check", f"--catalog={catalog}")
    assert result.returncode == 1
    assert "key 'preprocess.color_order' (it is 'RBG') must be 'RGB' or 'BGR'" in result.stdout
    assert "odd.toml: " in result.stdout
    assert result.stdout.endswith("\n2 problems\n")


def test_check_looks_past_cards_that_cannot_be_read(catalog: Path) -> None:
    broken = catalog / "models" / "broken.toml"
    broken.write_text('id = "broken"\n')
    (catalog / "datasets" / "later.toml").write_text('id = "later"\nkind = "bin"\n')
    edit(catalog, 'evaluation = ["', 'evaluation = ["later", "lfv", "')
    edit(catalog, "embedding_dim = 512", "embedding_dim = 128")
    result = command("check", f"--catalog={catalog}")
    assert f"{broken}: key 'family' is missing; add it." in result.stdout
    assert f"{broken}: key 'flip' is missing; add it." in result.stdout
    assert "later.toml: key 'file' is missing" in result.stdout
    assert "outputs.embedding_dim = 128" in result.stdout
    assert "there is no dataset 'lfv'" in result.stdout
    assert "there is no dataset 'later'" not in result.stdout
    assert "looked at 1 model, 2 datasets; 2 cards cannot be read\n" in result.stdout


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


def test_check_counts_one_problem_as_one(catalog: Path) -> None:
    edit(catalog, 'licence = "', 'licence = "FILL IN ')
    result = command("check", f"--catalog={catalog}")
    assert "key 'licence' is still blank" in result.stdout
    assert result.stdout.endswith("\n1 problem\n")


def test_check_lists_every_wrong_name_and_looks_on(catalog: Path) -> None:
    edit(catalog, 'evaluation = ["', 'evaluation = ["lfv", "')
    edit(catalog, 'calibration = "', 'calibration = "x')
    edit(catalog, "embedding_dim = 512", "embedding_dim = 128")
    result = command("check", f"--catalog={catalog}")
    assert "key 'evaluation[0]': there is no dataset 'lfv'" in result.stdout
    assert "key 'calibration': there is no dataset 'xembedded" in result.stdout
    assert "outputs.embedding_dim = 128" in result.stdout
    # Both sets have their files here, whoever names them.
    assert result.stdout.endswith("looked at 1 model, 2 datasets\n3 problems\n")


def test_check_verifies_artifacts_that_are_brought(catalog: Path) -> None:
    card = catalog / "models" / f"{MODEL}.toml"
    digest = "0" * 64
    card.write_text(
        f'{card.read_text()}\n[artifacts.int8_dynamic]\nfile = "{SOURCE}"\nsha256 = "{digest}"\n'
        f'[artifacts.int8_static_qdq.providers.cpu]\nfile = "none.onnx"\nsha256 = "{digest}"\n'
    )
    result = command("check", f"--catalog={catalog}")
    assert f"{card}: key 'artifacts.int8_dynamic': {SOURCE}: other weights" in result.stdout
    absent = f"{card}: key 'artifacts.int8_static_qdq.providers.cpu': 'none.onnx' is absent"
    assert absent in result.stdout
    assert result.stdout.endswith("2 problems\n")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("scale = 255.0", "scale = 1.0", "makes pixels of 0…255 an input of -1…-0.992157"),
        ("[127.5, 127.5, 127.5]", "[0.5, 0.5, 0.5]", "an input of -1…509"),
        ("std = [127.5, 127.5, 127.5]", "std = [1.0, 1.0, 1.0]", "an input of -127.5…127.5"),
    ],
)
def test_check_refuses_a_range_that_no_network_takes(
    catalog: Path, old: str, new: str, words: str
) -> None:
    card = catalog / "models" / f"{MODEL}.toml"
    card.write_text(card.read_text().replace(old, new))
    result = command("check", f"--catalog={catalog}")
    assert f"{card}: key 'preprocess': scale = " in result.stdout
    assert words in result.stdout
    assert result.stdout.endswith("1 problem\n")


def test_check_decodes_images_and_compares_calibration_with_evaluation(catalog: Path) -> None:
    faces = catalog / "faces"
    images, genuine = pickle.loads((EMBEDDED / "evaluation.bin").read_bytes())
    images = images[:40]
    for index in (4, 7):
        images[index] = images[index][:300]
    (catalog / "some.bin").write_bytes(pickle.dumps((images, [*genuine[:19], False])))
    (catalog / "datasets" / "embedded-evaluation.toml").write_text(
        'id = "embedded-evaluation"\nkind = "bin"\nfile = "../some.bin"\n'
    )
    faces.mkdir()
    (faces / "seen.jpg").write_bytes(images[0])
    (faces / "other.jpg").write_bytes((EMBEDDED / "calibration" / "c000.jpg").read_bytes())
    (faces / "damaged.jpg").write_bytes(images[4])
    calibration = catalog / "datasets" / "embedded-calibration.toml"
    calibration.write_text(
        'id = "embedded-calibration"\nkind = "folder"\nfolder = "../faces"\nunreadable = "skip"\n'
    )
    result = command("check", f"--catalog={catalog}")
    assert "some.bin[4]: is cut short at 300 bytes" in result.stdout
    assert "some.bin[7]: is cut short at 300 bytes" in result.stdout
    assert f"{MODEL}.toml: key 'calibration': 1 of the 2 images of calibration" in result.stdout
    note = f"note: {calibration}: 1 of 3 images (damaged.jpg) has no picture that can be decoded"
    assert note in result.stdout
    assert result.stdout.endswith("3 problems\n")
    # What no model but one on request needs is read where it is here, and missed where it is not.
    edit(catalog, "flip =", "on_request = true\nflip =")
    edit(catalog, str(SOURCE), "none.onnx")
    result = command("check", f"--catalog={catalog}")
    assert "some.bin[7]: is cut short" in result.stdout
    (catalog / "some.bin").unlink()
    result = command("check", f"--catalog={catalog}")
    assert result.stdout.endswith(
        "looked at 0 models, 1 dataset; 1 model on request has no weights here\n"
        "nothing wrong was found\n"
    )


def test_check_names_calibration_that_is_unlike_evaluation(catalog: Path) -> None:
    faces = catalog / "faces"
    faces.mkdir()
    for file in sorted((EMBEDDED / "calibration").iterdir())[:25]:
        image = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
        # The whole scene in place of the face alone.
        wide = cv2.copyMakeBorder(image, 69, 69, 69, 69, cv2.BORDER_REPLICATE)
        cv2.imwrite(str(faces / file.name), wide)
    (catalog / "datasets" / "embedded-calibration.toml").write_text(
        'id = "embedded-calibration"\nkind = "folder"\nfolder = "../faces"\n'
    )
    result = command("check", f"--catalog={catalog}")
    assert result.returncode == 0
    assert (
        f"note: {catalog / 'models' / MODEL}.toml: key 'calibration': calibration set "
        "'embedded-calibration' is unlike evaluation set 'embedded-evaluation': 250 × 250 px "
        "against 112 × 112 px; grey against in colour; faces lie otherwise in the images"
    ) in result.stdout


def test_check_of_no_catalog_is_one_problem(tmp_path: Path) -> None:
    result = command("check", f"--catalog={tmp_path}/none")
    assert "none: no such catalog folder; give --catalog an existing one" in result.stdout
    assert result.stdout.endswith("looked at nothing\n1 problem\n")
    assert "holds no model card" in command("check", f"--catalog={tmp_path}").stdout


def test_check_names_some_damaged_images_and_counts_the_others(catalog: Path) -> None:
    images, _ = pickle.loads((EMBEDDED / "evaluation.bin").read_bytes())
    cut = [data[:900] for data in list(dict.fromkeys(images))[:12]]
    assert len(set(cut)) == 12
    (catalog / "some.bin").write_bytes(pickle.dumps((cut, [True] * 3 + [False] * 3)))
    (catalog / "datasets" / "embedded-evaluation.toml").write_text(
        'id = "embedded-evaluation"\nkind = "bin"\nfile = "../some.bin"\nfolds = 3\n'
    )
    result = command("check", f"--catalog={catalog}")
    assert "some.bin[9]: this JPEG" in result.stdout
    assert "some.bin[10]: " not in result.stdout
    assert "2 more images of 'embedded-evaluation' cannot be decoded" in result.stdout


def test_a_set_that_is_absent_is_a_problem_of_who_needs_it(catalog: Path) -> None:
    edit(catalog, 'evaluation = ["', 'evaluation = ["lfw", "')
    result = command("check", f"--catalog={catalog}")
    assert "lfw.toml: key 'file': there is no 'lfw.bin'" in result.stdout
    assert result.stdout.endswith("looked at 1 model, 3 datasets\n1 problem\n")


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
    result = command("draft", EMBEDDED / "adaface.onnx", f"--output={card}")
    assert result.returncode == 0, result.stderr
    table = tomllib.loads(card.read_text())
    data = (EMBEDDED / "adaface.onnx").read_bytes()
    assert table["source"]["sha256"] == hashlib.sha256(data).hexdigest()
    assert table["source"]["file"] == "adaface.onnx"
    assert "# The file lies outside the catalog: give its folder with --weights-dir" in (
        card.read_text()
    )
    assert table["outputs"] == {"embedding": "feature", "norm": "norm", "embedding_dim": 512}
    assert (table["preprocess"]["height"], table["preprocess"]["layout"]) == (112, "NCHW")
    assert BLANK in table["preprocess"]["color_order"]
    assert [table["preprocess"][key] for key in ("mean", "std")] == [[BLANK] * 3] * 2
    assert "leave the key out" in table["calibration"]
    assert BLANK in table["modes"]["fp32"]["policy"]["floor"]["accuracy"]
    checked = command("check", f"--catalog={tmp_path}")
    assert checked.returncode == 1
    assert BLANK in checked.stdout
    again = command("draft", EMBEDDED / "adaface.onnx", f"--output={card}")
    assert again.returncode == 2
    assert "is there already; remove it or choose another --output" in again.stderr
    below = command("draft", EMBEDDED / "adaface.onnx", f"--output={card}/x.toml")
    assert f"{card}/x.toml: cannot write the card (" in below.stderr
    assert f"move '{card}' out of the way, or choose another --output." in below.stderr


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


Port = tuple[str, list[int | str | None]]


def drafted(path: Path, inputs: list[Port], outputs: list[Port]) -> dict:
    """The card drafted from a network of these inputs and outputs, read as TOML."""
    graph = helper.make_graph(
        [helper.make_node("Identity", [inputs[0][0]], ["made"])],
        "g",
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in inputs],
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in outputs],
    )
    onnx.save(helper.make_model(graph), path)
    return tomllib.loads(draft_card(path, path.parent))


IMAGE: Port = ("x", ["b", 3, 112, 112])
EMBEDDING: Port = ("e", ["b", 512])


def test_a_draft_is_toml_whatever_the_names(tmp_path: Path) -> None:
    odd = 'a"b\\c\nd\x7f'
    path = tmp_path / f"_{odd}.onnx"
    inputs: list[Port] = [(odd, ["b", 3, 112, 112]), ("flag", [1])]
    table = drafted(path, inputs, [EMBEDDING, (odd + "n", ["b", 1])])
    assert table["source"]["file"] == path.name
    assert table["outputs"]["input"] == odd
    assert table["outputs"]["norm"] == odd + "n"


@pytest.mark.parametrize("name", ["_x", ".x", "-x", "..", "Å_x"])
def test_a_drafted_id_is_one_that_a_card_may_have(tmp_path: Path, name: str) -> None:
    table = drafted(tmp_path / f"{name}.onnx", [IMAGE], [EMBEDDING])
    assert re.fullmatch(r"[a-z0-9][a-z0-9_.-]*", table["id"])


@pytest.mark.parametrize(
    ("outputs", "said"),
    [
        (
            [EMBEDDING, ("m", ["b", 64, 28, 1024])],
            {"embedding": "e", "embedding_dim": 512},
        ),
        (
            [("n1", ["b", 1]), EMBEDDING, ("n2", ["b", 1])],
            {"embedding": "e", "embedding_dim": 512},
        ),
        (
            [EMBEDDING, ("f", ["b", 256])],
            {"embedding": f"{BLANK}: one of e, f", "embedding_dim": f"{BLANK}: a number"},
        ),
        (
            [("m", ["b", 64, 28, 28]), ("n", ["b", 8, 8, 8])],
            {"embedding": f"{BLANK}: one of m, n", "embedding_dim": f"{BLANK}: a number"},
        ),
        ([("e", ["b", -1])], {"embedding_dim": f"{BLANK}: a number"}),
        ([("m", ["b", 64, 28, 1024])], {"embedding_dim": f"{BLANK}: a number"}),
    ],
)
def test_a_draft_takes_what_has_two_dimensions_for_the_embedding(
    tmp_path: Path, outputs: list[Port], said: dict
) -> None:
    assert drafted(tmp_path / "net.onnx", [IMAGE], outputs)["outputs"] == said


def test_a_draft_takes_an_embedding_with_further_dimensions_of_one(tmp_path: Path) -> None:
    outputs: list[Port] = [("e", ["b", 512, 1, 1]), ("n", ["b", 1, 1, 1]), ("map", ["b", 8, 7, 7])]
    table = drafted(tmp_path / "m.onnx", [IMAGE], outputs)
    assert table["outputs"] == {"embedding": "e", "norm": "n", "embedding_dim": 512}


@pytest.mark.parametrize(
    "content", [b"version https://git-lfs.github.com/spec/v1\n", b"<!DOCTYPE html>", b"PK\x03\x04"]
)
def test_a_draft_calls_a_file_what_it_is(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.onnx").write_bytes(content)
    with pytest.raises(ModelError, match=r"m\.onnx: is no ONNX model: it is a"):
        draft_card(tmp_path / "m.onnx", tmp_path)


def test_a_draft_takes_the_input_of_three_channels_for_the_image(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    mask: Port = ("mask", ["b", 1, 96, 96])
    table = drafted(path, [mask, IMAGE], [EMBEDDING])
    assert (table["outputs"]["input"], table["preprocess"]["height"]) == ("x", 112)
    two = drafted(path, [("y", ["b", 112, 96, 3]), IMAGE], [EMBEDDING])
    assert two["outputs"]["input"] == f"{BLANK}: one of y, x"
    free = drafted(path, [("y", ["b", "c", "h", "w"])], [EMBEDDING])["preprocess"]
    assert (free["layout"], free["height"]) == (f"{BLANK}: NCHW or NHWC", f"{BLANK}: pixels")
    assert drafted(path, [("y", ["b", None, 112, 96])], [EMBEDDING])["preprocess"]["width"] == 96
    with pytest.raises(ModelError, match=r"three channels.* it has mask float32 \[b, 1, 96, 96\]"):
        drafted(path, [mask], [EMBEDDING])
    with pytest.raises(ModelError, match="has no output"):
        drafted(path, [IMAGE], [])


def test_a_drafts_path_stays_in_its_catalog(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = helper.make_graph(
        [helper.make_node("Flatten", ["x"], ["y"])],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, 112, 112])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 37632])],
    )
    for name in ("weights", "models"):
        (tmp_path / name).mkdir()
    path = tmp_path / "weights" / "net.onnx"
    onnx.save(helper.make_model(graph), path)
    # Inside the catalog a path may climb out of `models`, out of the catalog none does.
    inside = tomllib.loads(draft_card(path, tmp_path / "models"))
    assert inside["source"]["file"] == "../weights/net.onnx"
    outside = draft_card(path, tmp_path / "quant" / "models")
    assert tomllib.loads(outside)["source"]["file"] == "net.onnx"
    # A cache may hold the file elsewhere, under a name that says nothing.
    (tmp_path / "models" / "linked.onnx").symlink_to(path)
    linked = tomllib.loads(draft_card(tmp_path / "models" / "linked.onnx", tmp_path / "models"))
    assert linked["source"]["file"] == "linked.onnx"
    monkeypatch.chdir(tmp_path)
    words = draft_card(path, None)
    assert tomllib.loads(words)["source"]["file"] == "weights/net.onnx"
    assert "# The path is relative to the folder where this was drafted; make it" in words


def test_no_network_is_no_draft(tmp_path: Path) -> None:
    (tmp_path / "text.onnx").write_text("hello")
    result = command("draft", tmp_path / "text.onnx")
    assert result.returncode == 2
    assert "is not a readable ONNX model" in result.stderr
    assert "there is no such file" in command("draft", tmp_path / "none.onnx").stderr


def big(name: str) -> Path:
    return ROOT / "fixtures" / "models" / f"{name}.toml"


@pytest.mark.parametrize(
    "name",
    [
        path.stem
        for path in (ROOT / "fixtures" / "models").glob("*.toml")
        if "embedded" not in path.stem
    ],
)
def test_every_full_size_card_can_be_copied(tmp_path: Path, name: str) -> None:
    weights, team = tmp_path / "weights", tmp_path / "a" / "quant"
    before = tomllib.loads(big(name).read_text())
    weights.mkdir()
    (weights / before["source"]["file"]).write_bytes(SOURCE.read_bytes())
    builtin = read_catalog(None, Roots(weights_dir=weights))
    copy_cards(builtin, (name,), (), team, own_weights=True)
    after = tomllib.loads((team / "models" / f"{name}.toml").read_text())
    del before["on_request"]
    before["source"]["sha256"] = hashlib.sha256(SOURCE.read_bytes()).hexdigest()
    assert after == before
    read = read_catalog(team)
    assert set(read.datasets) >= {*before["evaluation"], before["calibration"]}


def test_copied_cards_keep_to_the_sets_that_are_named(tmp_path: Path) -> None:
    options = (f"--catalog={tmp_path}/quant", f"--weights-dir={tmp_path}/none")
    result = command("copy", "--models=facenet-casia-webface", "--datasets=lfw-facenet", *options)
    assert result.returncode == 0, result.stderr
    assert "'facenet-casia-webface.onnx' is not in" in result.stdout
    catalog = read_catalog(tmp_path / "quant")
    assert catalog.models["facenet-casia-webface"].evaluation == ("lfw-facenet",)
    assert set(catalog.datasets) == {"lfw-facenet", "calibration-faces"}
    copied = tmp_path / "quant" / "datasets" / "lfw-facenet.toml"
    assert "# Images without a face" in copied.read_text()
    copied.write_text(copied.read_text() + "# ours\n")
    # Another model's card may come later; no set's card is touched, and no model's.
    more = command("copy", "--models=facenet-vggface2", *options)
    assert more.returncode == 0, more.stderr
    assert f"{copied}: has 'lfw-facenet' already and stays as it is" in more.stdout
    assert copied.read_text().endswith("# ours\n")
    again = command("copy", "--models=facenet-vggface2", *options)
    assert again.returncode == 2
    assert "facenet-vggface2.toml: has 'facenet-vggface2' already; remove it or" in again.stderr


def test_a_set_may_be_copied_alone(tmp_path: Path) -> None:
    builtin = read_catalog(None, Roots())
    said = copy_cards(builtin, (), ("lfw-raw",), tmp_path)
    assert said == [f"{tmp_path}/datasets/lfw-raw.toml: copied"]
    copied = (tmp_path / "datasets" / "lfw-raw.toml").read_bytes()
    assert copied == (ROOT / "fixtures" / "datasets" / "lfw-raw.toml").read_bytes()
    assert [path.name for path in tmp_path.rglob("*.toml")] == ["lfw-raw.toml"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--datasets=embedded-evaluation"], "is one of the suite's embedded sets, whose faces"),
        (["--models=arcface-embedded"], "is one of the suite's embedded models"),
        (["--models=arcface-bufalo-l"], "--models: there is no 'arcface-bufalo-l'; did you mean"),
        (["--models="], "--models: is not given"),
        (["--models=facenet-vggface2", "--datasets=cfp-fp"], "none of cfp-fp is an evaluation set"),
        (["--models=arcface-buffalo-l"], "is published for arcface-buffalo-l; get the right file"),
    ],
)
def test_what_cannot_be_copied_leaves_nothing_behind(
    tmp_path: Path, options: list[str], words: str
) -> None:
    (tmp_path / "w600k_r50.onnx").write_bytes(SOURCE.read_bytes())
    result = command("copy", *options, f"--catalog={tmp_path}/quant", f"--weights-dir={tmp_path}")
    assert result.returncode == 2
    assert words in result.stderr
    assert not (tmp_path / "quant").exists()


def test_weights_that_were_pinned_otherwise_are_not_copied(tmp_path: Path) -> None:
    weights = tmp_path / "facenet-vggface2.onnx"
    weights.write_bytes(SOURCE.read_bytes())
    pin(weights, "0" * 64)
    options = ("--models=facenet-vggface2", f"--catalog={tmp_path}/q", f"--weights-dir={tmp_path}")
    refused = command("copy", *options)
    assert f"{'0' * 64} was pinned for facenet-vggface2; get the right file" in refused.stderr
    assert command("copy", *options, "--own-weights").returncode == 0


def test_a_card_is_not_copied_through_a_link(tmp_path: Path) -> None:
    for name in ("catalog", "elsewhere"):
        (tmp_path / name).mkdir()
    (tmp_path / "catalog" / "models").symlink_to(tmp_path / "elsewhere")
    result = command("copy", "--models=insightface-r50", f"--catalog={tmp_path / 'catalog'}")
    assert result.returncode == 2
    assert "is a link to elsewhere, where nothing is kept; remove it." in result.stderr
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_card_that_lies_where_a_copy_would_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / "lfw.toml").write_text("mine")
    result = command("copy", "--models=facenet-vggface2", f"--catalog={tmp_path}")
    assert "lfw.toml: is there already; remove it or choose another --catalog" in result.stderr
    assert not (tmp_path / "models").exists()


@pytest.mark.skipif(importlib.util.find_spec("torch") is not None, reason="PyTorch is installed")
def test_an_export_without_pytorch_says_what_to_install(tmp_path: Path) -> None:
    result = command("export", tmp_path / "net.ckpt", "iresnet50", tmp_path / "net.onnx")
    assert result.returncode == 2
    assert result.stderr.startswith(f"{tmp_path / 'net.ckpt'}: exporting it needs PyTorch")
    assert "pip install 'face-quant-gate[export]'" in result.stderr
