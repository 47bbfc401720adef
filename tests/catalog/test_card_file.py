"""A card's file that is no card."""

from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import Field, TypeAdapter

from suite.catalog.card_file import BrokenCardError, read_card
from suite.catalog.dataset_card import DatasetCard

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


def test_a_broken_card_has_an_id_and_all_its_mistakes(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text('id = "set"\nkind = "folder"\nx = 1\n')
    error = refusal(path)
    assert error.card_id == "set"
    assert error.sentences == (
        f"{path}: unknown key 'x'; known: align, expected, folder, id, kind, sha256, title, "
        "unreadable.",
        f"{path}: key 'folder' is missing; add it.",
    )
    (tmp_path / "b.toml").write_text("=")
    assert refusal(tmp_path / "b.toml").card_id == "b"
    assert "cannot be read (No such file" in str(refusal(tmp_path / "c.toml"))
