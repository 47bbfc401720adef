"""A card's file that is no card."""

from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import Field, TypeAdapter

from suite.catalog.card_file import BrokenCardError, read_card
from suite.catalog.dataset_card import DatasetCard
from suite.catalog.mode_card import ModeCard
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
