"""A set's hash held against its card's."""

from pathlib import Path

from suite.catalog.dataset_card import DatasetCard
from suite.catalog.errors import DatasetError


def compare_hash(card: DatasetCard, path: Path, found: str) -> None:
    """Raise DatasetError where data has another hash than its card says."""
    if card.sha256 and card.sha256 != found:
        raise DatasetError(
            where=path,
            what=f"has SHA-256 {found} and {card.card_file} says {card.sha256}; give the data "
            "that the card means, or correct its sha256.",
        )
