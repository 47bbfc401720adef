"""A set's hash held against its card's."""

from pathlib import Path

import pytest

from suite.catalog.dataset_card import BinDataset
from suite.catalog.errors import DatasetError
from suite.datasets.card_hash import compare_hash


def card(sha256: str | None) -> BinDataset:
    path = Path("set.toml")
    return BinDataset(id="set", kind="bin", file="set.bin", sha256=sha256, card_file=path)


@pytest.mark.parametrize("sha256", [None, "1" * 64])
def test_the_cards_own_hash_and_none_pass(sha256: str | None) -> None:
    compare_hash(card(sha256), Path("set.bin"), "1" * 64)


def test_another_hash_is_refused_with_both() -> None:
    with pytest.raises(DatasetError) as caught:
        compare_hash(card("1" * 64), Path("set.bin"), "2" * 64)
    assert str(caught.value) == (
        f"set.bin: has SHA-256 {'2' * 64} and set.toml says {'1' * 64}; give the data that the "
        "card means, or correct its sha256."
    )
