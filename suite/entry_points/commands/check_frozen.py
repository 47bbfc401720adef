"""Whether a set's card says by its hash which set is meant, and the hash written into it."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

from suite.catalog.catalog import Catalog
from suite.catalog.dataset_card import BinDataset, DatasetCard
from suite.catalog.errors import CatalogError
from suite.catalog.files import real_path, sha256_of, write_whole
from suite.datasets.face_set import FaceSet

# Each place that is tried costs reading the card.
_MOST_TRIED = 50


def lacks_hash(card: DatasetCard, catalog: Path | None) -> bool:
    """Whether a card of the team's own catalog, which is theirs to write, has no hash."""
    own = catalog is not None and card.card_file.is_relative_to(catalog.absolute())
    return own and card.sha256 is None


def unfrozen(card: DatasetCard) -> str:
    """What is said of a card without a hash."""
    return (
        f"{card.card_file}: has no sha256, so that other images of the same number, or images that "
        "were damaged since, are measured as if they were the ones that were accepted: freeze it "
        "with face-quant-gate check --freeze."
    )


def freeze(catalog: Catalog, card: DatasetCard, faces: FaceSet) -> str:
    """Write the hash of a set, as it was read, into its card, and say so.

    Raises
    ------
    CatalogError
        where the card cannot be written, or is a link to elsewhere.
    """
    digest = faces.sha256
    if isinstance(card, BinDataset):
        digest = sha256_of(catalog.locate(card, card.file))
    file = real_path(card.card_file)  # a link stays one
    if not file.is_relative_to(real_path(card.card_file.parent)):
        raise CatalogError(
            where=card.card_file,
            what=f"is a link to {file}, which is not written to; add the line "
            f'sha256 = "{digest}" there.',
        )
    try:
        written = file.read_bytes().decode("utf-8")
        write_whole(file, with_hash(file, written, digest).encode())
    except OSError as error:
        raise CatalogError(
            where=card.card_file,
            what=f"cannot be written ({error.strerror}); let this user write it, or add the line "
            f'sha256 = "{digest}".',
        ) from None
    return f"{card.card_file}: sha256 = {digest} was written: commit it."


def with_hash(file: Path, text: str, digest: str) -> str:
    """A card's text with one line more; all others, their comments and their ends, stay.

    Raises
    ------
    CatalogError
        where no line may stand that makes the card the same with a hash.
    """
    wanted = tomllib.loads(text.removeprefix("\ufeff")) | {"sha256": digest}
    for candidate in _with_line(text, f'sha256 = "{digest}"'):
        try:
            if tomllib.loads(candidate.removeprefix("\ufeff")) == wanted:
                return candidate
        except tomllib.TOMLDecodeError:
            continue
    raise CatalogError(
        where=file,
        what=f'has no place for a key; add the line sha256 = "{digest}" above its tables.',
    )


def _with_line(text: str, line: str) -> Iterator[str]:
    """The text with a line behind that of what the set is made of, else behind any other."""
    lines = text.splitlines(keepends=True)
    end = "\r\n" if text.count("\r\n") > text.count("\n") // 2 else "\n"
    keys = ("file", "folder", "kind", "id")
    named = [
        place
        for key in keys
        for place, each in enumerate(lines, 1)
        if each.partition("=")[0].strip() == key
    ]
    places = [*named[:_MOST_TRIED], *range(min(len(lines) + 1, _MOST_TRIED))]
    for place in places:
        before = "".join(lines[:place])
        gap = end if before and not before.endswith(("\n", "\r")) else ""
        yield f"{before}{gap}{line}{end}{''.join(lines[place:])}"
