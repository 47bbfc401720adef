"""What check says of files that the system refuses; it looks on."""

import pickle
from pathlib import Path

import cv2
import numpy as np
import pytest
from team import MODEL, copy_catalog

from suite.catalog.catalog import Roots
from suite.entry_points.commands.check import check_catalog
from suite.entry_points.commands.main import main


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    copy_catalog(tmp_path, MODEL)
    (tmp_path / "faces").mkdir()
    (tmp_path / "w.onnx").touch()
    return tmp_path


def name_weights(catalog: Path, name: str) -> None:
    card = catalog / "models" / f"{MODEL}.toml"
    lines = card.read_text().splitlines()
    named = (f'file = "{name}"' if line.startswith("file = ") else line for line in lines)
    card.write_text("\n".join(named))


def add_set(catalog: Path, folder: str) -> None:
    (catalog / "datasets" / "own.toml").write_text(
        f'id = "own"\nkind = "folder"\nfolder = "{folder}"\n'
    )
    card = catalog / "models" / f"{MODEL}.toml"
    card.write_text(
        card.read_text().replace('calibration = "embedded-calibration"', 'calibration = "own"')
    )


@pytest.mark.parametrize("on_request", [False, True])
def test_weights_and_faces_that_this_user_may_not_look_at(
    catalog: Path, forbid, on_request: bool
) -> None:
    name_weights(catalog, "../w.onnx")
    add_set(catalog, "../faces")
    card = catalog / "models" / f"{MODEL}.toml"
    card.write_text(f"on_request = {str(on_request).lower()}\n{card.read_text()}")
    forbid(catalog / "w.onnx")
    forbid(catalog / "faces")
    problems = check_catalog(catalog, Roots()).problems
    assert [problem.partition(": ")[0] for problem in problems] == [
        str(card),
        str(catalog / "datasets" / "own.toml"),
    ]
    for problem, name in zip(problems, ("w.onnx", "faces"), strict=True):
        assert f"{name}: the system refuses it (Permission denied); let this user" in problem


def test_weights_and_faces_with_too_long_a_name(catalog: Path) -> None:
    name_weights(catalog, f"{'a' * 300}.onnx")
    add_set(catalog, "b" * 300)
    model, faces = check_catalog(catalog, Roots()).problems
    assert "aaa…nx' is absent (looked at" in model
    assert "; put it there, or give its folder with --weights-dir." in model
    assert "key 'folder': there is no 'bbb" in faces


def test_cards_that_this_user_may_not_read(catalog: Path, forbid) -> None:
    forbid(catalog / "datasets")
    (problem,) = check_catalog(catalog, Roots()).problems
    assert problem.startswith(f"{catalog / 'datasets'}: the system refuses it (Permission denied)")


def test_what_a_command_meets_on_the_disk_is_a_sentence(catalog: Path, capsys, monkeypatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", "/full/x")

    monkeypatch.setattr("suite.entry_points.commands.check.check_catalog", full)
    assert main(["check", f"--catalog={catalog}"]) == 2
    said = "/full/x: the system refuses it (No space left on device); free some space.\n"
    assert capsys.readouterr().err == said


@pytest.mark.parametrize(
    ("text", "noted"),
    [
        ('quantizes = ["Conv"]\n', True),
        ("[tolerances]\naccuracy = 0.002\n", True),
        ('extends = "int8_static_qdq"\n', False),
        ("[policy.loss]\naccuracy = 0.02\n", False),
    ],
)
def test_a_mode_without_limits_says_whose_it_is_held_to(
    catalog: Path, text: str, noted: bool
) -> None:
    name_weights(catalog, "../w.onnx")
    (catalog / "modes").mkdir(exist_ok=True)
    card = catalog / "modes" / "mine.toml"
    card.write_text(f'id = "mine"\n{text}')
    notes = [note for note in check_catalog(catalog, Roots()).notes if "policy" in note]
    words = f"{card}: gives no policy of its own: it is held to that of int8_static_qdq"
    assert [note.startswith(words) for note in notes] == [True] * noted


def test_pairs_of_which_no_figure_can_be_made_are_named(catalog: Path) -> None:
    name_weights(catalog, "../w.onnx")
    images = [
        cv2.imencode(".png", np.full((9, 9, 3), number, np.uint8))[1].tobytes()
        for number in range(40)
    ]
    (catalog / "own.bin").write_bytes(pickle.dumps((images, [True] * 20)))
    set_card = catalog / "datasets" / "own.toml"
    set_card.write_text('id = "own"\nkind = "bin"\nfile = "../own.bin"\n')
    card = catalog / "models" / f"{MODEL}.toml"
    card.write_text(card.read_text().replace('["embedded-evaluation"]', '["own"]'))
    problems = [each for each in check_catalog(catalog, Roots()).problems if set_card.name in each]
    assert problems == [
        f"{set_card}: all 20 pairs of 'own' are labelled genuine, and no figure can be made of "
        "them; correct the labels, or add impostor pairs."
    ]


def test_an_interrupted_command_says_so_without_a_traceback(
    catalog: Path, capsys, monkeypatch
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("suite.entry_points.commands.check.check_catalog", stopped)
    assert main(["check", f"--catalog={catalog}"]) == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_faces_for_weighing_layers_are_no_others_of_the_model(catalog: Path) -> None:
    card = catalog / "models" / f"{MODEL}.toml"
    named = 'calibration = "embedded-calibration"\nselection = "embedded-calibration"'
    card.write_text(card.read_text().replace('calibration = "embedded-calibration"', named))
    problems = [p for p in check_catalog(catalog, Roots()).problems if "key 'selection'" in p]
    (problem,) = problems
    assert "100 of the 100 images of selection set 'embedded-calibration'" in problem
    assert problem.endswith("take other images for selection.")
    card.write_text(card.read_text().replace('selection = "embedded-', 'selection = "embeded-'))
    problems = check_catalog(catalog, Roots()).problems
    assert any("key 'selection': there is no dataset 'embeded-calibration'" in p for p in problems)


def test_what_an_evaluation_set_can_show_is_noted(catalog: Path) -> None:
    """100 people of 12 images have 6,600 genuine pairs, 66 of each: 2.8² / 6,600 and / 100."""
    (said,) = (n for n in check_catalog(catalog, Roots()).notes if "a loss of TAR" in n)
    assert said == (
        f"{catalog / 'datasets' / 'embedded-evaluation.toml'}: with 6,600 genuine pairs, of 100 "
        "people, a loss of TAR under 0.12 points is not seen even where pairs are lost one by one, "
        "nor one under 7.8 where all of a person are lost together"
    )
