"""Blanks that a draft leaves in a card, and addresses that no card may have."""

from pathlib import Path

import pytest
from pydantic import TypeAdapter
from team import ROOT

from suite.catalog.card_file import BrokenCardError, read_card
from suite.catalog.mistakes import blanks_in
from suite.catalog.model_card import ModelCard


def test_each_blank_is_found_with_its_keys() -> None:
    table = {"id": "a", "licence": "FILL IN", "source": {"files": ["x", "FILL IN: which"]}}
    assert dict(blanks_in(table)) == {
        ("licence",): "FILL IN",
        ("source", "files", 1): "FILL IN: which",
    }


def test_a_card_without_blanks_has_none() -> None:
    assert list(blanks_in({"id": "a", "numbers": [1, 2.0], "flag": True})) == []


@pytest.mark.parametrize(
    ("addresses", "words"),
    [
        (
            '["ftp://a/x"]',
            "key 'source.urls.0' (it is 'ftp://a/x') must begin with http://",
        ),
        (
            '["http://a/x", "hf://a/b@main/x"]',
            "key 'source.urls.1' (it is 'hf://a/b@main/x') ",
        ),
        ('["hf://a/b@v1/x"]', "key 'source' has an hf:// address and no checkpoint.sha256"),
        ('"http://a/x"', "key 'source.urls' (it is 'http://a/x') must be a list"),
    ],
)
def test_addresses_that_no_card_may_have(tmp_path: Path, addresses: str, words: str) -> None:
    text = (ROOT / "fixtures" / "models" / "facenet-vggface2.toml").read_text()
    path = tmp_path / "card.toml"
    path.write_text(text.replace("[source]\n", f"[source]\nurls = {addresses}\n"))
    with pytest.raises(BrokenCardError) as raised:
        read_card(path, TypeAdapter(ModelCard))
    assert words in str(raised.value)
