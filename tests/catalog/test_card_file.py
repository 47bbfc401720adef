"""A card's file that is no card."""

import os
import time
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import Field, TypeAdapter

from suite.catalog.card_file import BrokenCardError, read_card
from suite.catalog.dataset_card import DatasetCard
from suite.catalog.mode_card import ModeCard
from suite.catalog.model_card import ModelCard
from suite.catalog.preprocess import PreprocessSpec
from suite.catalog.provider_card import ProviderCard

ADAPTER: TypeAdapter[Any] = TypeAdapter(Annotated[DatasetCard, Field(discriminator="kind")])
GOOD = 'id = "set"\nkind = "folder"\nfolder = "faces"\n'


def refusal(path: Path) -> BrokenCardError:
    with pytest.raises(BrokenCardError) as caught:
        read_card(path, ADAPTER)
    return caught.value


def test_a_card_knows_its_file(tmp_path: Path) -> None:
    path = tmp_path / "set.toml"
    path.write_text(GOOD)
    card = read_card(path, ADAPTER)
    assert (card.id, card.card_file) == ("set", path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'id = "\xff"', "is not text in UTF-8; save it as such."),
        (b"id = ", "is not valid TOML: "),
        (f'{GOOD}card_file = "x"'.encode(), "unknown key 'card_file'; remove it."),
        (f"{GOOD}foldr = 1".encode(), "unknown key 'foldr'; did you mean 'folder'? known: "),
        (GOOD.replace("faces", "FILL IN").encode(), "key 'folder' is still blank ('FILL IN')"),
    ],
)
def test_what_is_wrong_is_one_sentence(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "set.toml"
    path.write_bytes(content)
    assert str(refusal(path)).startswith(f"{path}: {words}")


LIMITS: TypeAdapter[Any] = TypeAdapter(ModeCard)


@pytest.mark.parametrize("table", ["tolerances", "policy.loss", "policy.floor"])
@pytest.mark.parametrize(
    ("value", "shown"), [("nan", "nan"), ("inf", "inf"), ("-inf", "-inf"), ("1e999", "inf")]
)
def test_a_limit_that_is_no_number_is_refused_by_its_key(
    tmp_path: Path, table: str, value: str, shown: str
) -> None:
    path = tmp_path / "m.toml"
    path.write_text(f'id = "m"\n[{table}]\naccuracy = {value}\n')
    with pytest.raises(BrokenCardError) as caught:
        read_card(path, LIMITS)
    assert str(caught.value) == (
        f"{path}: key '{table}.accuracy' (it is {shown}) must be a finite number."
    )


TOO_LONG = "has a number of thousands of digits; mend it."
TOO_DEEP = "nests tables or lists too deeply; mend it."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(f"id = 0x{'f' * 5000}", TOO_LONG, id="hexadecimal id"),
        pytest.param(f"x = {'9' * 5000}", TOO_LONG, id="digits"),
        pytest.param(f"x = 0x{'f' * 5000}", TOO_LONG, id="hexadecimal"),
        pytest.param(f"x = {'[' * 100_000}", TOO_DEEP, id="unclosed lists"),
        pytest.param(f"x = {'[' * 250}{']' * 250}", TOO_DEEP, id="lists"),
        pytest.param(f"[{'.'.join('a' * 3000)}]", TOO_DEEP, id="tables"),
        (
            'id = "m"\n[tolerances]\naccuracy = -0.1',
            "key 'tolerances' accuracy must be a number of 0 or more.",
        ),
        pytest.param(
            f'id = "m"\nbatch_dependent = {"9" * 400}',
            f"(it is {'9' * 100}…) must be true or false.",
            id="shown",
        ),
        (
            'x = [["a\\u0000"]]',
            r"key 'x.0.0' (it is 'a\x00') must have no null character.",
        ),
    ],
)
def test_no_damage_of_a_card_ends_in_a_traceback(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "m.toml"
    path.write_text(f'title = "m"\n{text}\n')
    with pytest.raises(BrokenCardError) as caught:
        read_card(path, LIMITS)
    assert str(caught.value).startswith(f"{path}: ")
    assert str(caught.value).endswith(said)


@pytest.mark.parametrize("value", ["nan", "inf", "-1.0", "0.0"])
def test_a_speed_floor_that_is_no_speed_is_refused_by_its_key(tmp_path: Path, value: str) -> None:
    path = tmp_path / "p.toml"
    card = f'id = "p"\nexecution_provider = "X"\n[speed_floor]\nint8 = {value}\n'
    path.write_text(card)
    with pytest.raises(BrokenCardError, match=r"key 'speed_floor\.int8' \(it is"):
        read_card(path, TypeAdapter(ProviderCard))


def test_a_broken_card_has_an_id_and_all_its_mistakes(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text('id = "set"\nkind = "folder"\nx = 1\n')
    error = refusal(path)
    assert error.card_id == "set"
    assert error.sentences == (
        f"{path}: unknown key 'x'; known: align, damaged, expected, folder, id, kind, sha256, "
        "title, unreadable.",
        f"{path}: key 'folder' is missing; add it.",
    )
    (tmp_path / "b.toml").write_text("=")
    assert refusal(tmp_path / "b.toml").card_id == "b"
    assert "cannot be read (No such file" in str(refusal(tmp_path / "c.toml"))


MODEL: TypeAdapter[Any] = TypeAdapter(ModelCard)


def said_of(path: Path, adapter: TypeAdapter[Any]) -> str:
    """What is said of a card within some seconds of this process's time."""
    begun = time.process_time()
    with pytest.raises(BrokenCardError) as caught:
        read_card(path, adapter)
    assert time.process_time() - begun < 4
    said = str(caught.value)
    assert said.startswith(f"{path}: ") and said.isprintable() and len(said) < 1000
    return said


@pytest.mark.parametrize("key", ["folder", "csv", "lfw", "bin", "people", "[key]"])
def test_a_key_of_another_kind_of_card_is_unknown(tmp_path: Path, key: str) -> None:
    path = tmp_path / "m.toml"
    path.write_text(f'"{key}" = "x"\nid = "m"\n')
    assert f"unknown key '{key}'; " in said_of(path, MODEL)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (".".join("a" * 20_000) + " = 1", "nests tables or lists too deeply; mend it."),
        ("\n".join(f"k{i} = 1" for i in range(20_000)), "unknown key 'k0'; known: "),
        ("k" * 500_000 + " = 1", f"unknown key '{'k' * 100}…'; known: "),
        ("x" * (513 << 10), "is larger than 512 KiB, as no file of its kind is; name another."),
    ],
    ids=["parts of a key", "unknown keys", "long key", "large file"],
)
def test_a_small_card_costs_little(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "m.toml"
    path.write_text(text)
    assert said in said_of(path, MODEL)


@pytest.mark.parametrize("spec", [">2000000000", "2000000000", "{number}", ">99999"])
def test_a_pattern_of_images_asks_for_no_gigabyte(tmp_path: Path, spec: str) -> None:
    path = tmp_path / "set.toml"
    pattern = f"{{person:{spec}}}_{{number}}"
    path.write_text(f'id = "s"\nkind = "lfw"\nfolder = "a"\npairs = "b"\nimage = "{pattern}"\n')
    assert f"key 'image' (it is '{pattern}') is a pattern of" in said_of(path, ADAPTER)


def test_a_pipe_and_a_device_are_no_card(tmp_path: Path) -> None:
    pipe, device = tmp_path / "pipe.toml", tmp_path / "device.toml"
    os.mkfifo(pipe)
    device.symlink_to("/dev/zero")
    for path in (pipe, device):
        assert "is a pipe or a device, and no file; name a file." in said_of(path, MODEL)


def test_a_name_with_the_end_of_a_line_is_shown_on_one(tmp_path: Path) -> None:
    path = tmp_path / "a\nb\x1b[2J.toml"
    path.write_text("=")
    said = str(refusal(path))
    assert said.isprintable()
    assert r"/a\nb\x1b[2J.toml: is not valid TOML" in said


@pytest.mark.parametrize("mean, std", [(1e300, 1.0), (0.0, 1e-300), (-1e20, 1e-20)])
def test_pixels_that_no_float_holds_are_refused(mean: float, std: float) -> None:
    with pytest.raises(ValueError, match=r"makes pixels values above 1e\+30: mend mean = "):
        PreprocessSpec(
            height=2, width=2, color_order="RGB", mean=(mean,) * 3, std=(std,) * 3, scale=255.0
        )


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("threads.latency", "9" * 400, "must be less than or equal to 4096."),
        ("placement.nodes_elsewhere", "9" * 400, "must have at most 18 digits."),
        ("placement.nodes_elsewhere", "1" + "0" * 18, "must have at most 18 digits."),
        ("speed_floor.int8", "9" * 200, "must have at most 18 digits."),
        ("threads.embedding", "1000000000", "must be less than or equal to 4096."),
        ("throughput_batch", "1000000000", "must be less than or equal to 4096."),
    ],
)
def test_a_count_that_nothing_has_is_refused(
    tmp_path: Path, key: str, value: str, said: str
) -> None:
    path = tmp_path / "p.toml"
    path.write_text(f'id = "p"\nexecution_provider = "X"\n{key} = {value}\n')
    message = said_of(path, TypeAdapter(ProviderCard))
    assert message.startswith(f"{path}: key '{key}' (it is ") and message.endswith(said)
