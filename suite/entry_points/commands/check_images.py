"""The images of a set that cannot be decoded."""

from collections.abc import Iterator

from suite.catalog.dataset_card import DatasetCard
from suite.catalog.errors import DatasetError, SuiteError
from suite.catalog.table import Card
from suite.datasets.face_set import FaceSet
from suite.datasets.images.decoder import decode

# Of images that cannot be decoded, so many of a set are named.
_NAMED = 10


def undecodable(card: DatasetCard, faces: FaceSet) -> Iterator[str]:
    """A sentence for each of the first, and one for the others."""
    damaged = 0
    for face in faces.faces:
        try:
            decode(face.read(), face.name)
        except DatasetError as error:
            damaged += 1
            if damaged <= _NAMED:
                yield with_card(card, error)
    if damaged > _NAMED:
        yield (
            f"{card.card_file}: {damaged - _NAMED:,} more images of {card.id!r} cannot be decoded; "
            "fetch the set again."
        )


def with_card(card: Card, error: SuiteError) -> str:
    """What is said of a card's mistake, beginning with the card."""
    return f"{card.card_file}: {error.beyond(card.card_file)}"
