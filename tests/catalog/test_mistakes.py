"""Blanks that a draft leaves in a card."""

from suite.catalog.mistakes import blanks_in


def test_each_blank_is_found_with_its_keys() -> None:
    table = {"id": "a", "licence": "FILL IN", "source": {"files": ["x", "FILL IN: which"]}}
    assert dict(blanks_in(table)) == {
        ("licence",): "FILL IN",
        ("source", "files", 1): "FILL IN: which",
    }


def test_a_card_without_blanks_has_none() -> None:
    assert list(blanks_in({"id": "a", "numbers": [1, 2.0], "flag": True})) == []
