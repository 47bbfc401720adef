"""A set's counts held against those that its card expects."""

from suite.catalog.dataset_card import DatasetCard
from suite.catalog.errors import DatasetError
from suite.datasets.face_set import FaceSet


def refuse_other_counts(card: DatasetCard, faces: FaceSet) -> None:
    """Refuse a set that has other numbers of distinct images, people or pairs than expected.

    Raises
    ------
    DatasetError
        naming the card and the key, with what is said of images that are left out.
    """
    counted = {
        "images": len(faces.faces),
        "people": faces.person_count,
        "pairs": len(faces.genuine),
    }
    for key, found in counted.items():
        wanted = getattr(card.expected, key)
        if wanted in (None, found):
            continue
        if found is None:
            raise DatasetError(
                where=card.card_file,
                what=f"expected.{key} = {wanted:,}, and nobody says who is who in a set of kind "
                f"{card.kind!r}; take {key} out of expected.",
            )
        remarks = f" ({'; '.join(faces.remarks)})" if faces.remarks else ""
        raise DatasetError(
            where=card.card_file,
            what=f"expected.{key} = {wanted:,}, and there are {found:,}{remarks}; bring the "
            "missing ones back, or correct the key.",
        )
