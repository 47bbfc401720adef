"""What is known of an encoded image before it is decoded."""

from dataclasses import dataclass

MOST_PIXELS = 64_000_000


class Unfit(Exception):
    """Why an image is refused, as the end of a sentence after its name, without the full stop."""


@dataclass(frozen=True)
class ImageFile:
    """An encoded image whose header is sound.

    Attributes
    ----------
    format : ``JPEG``, ``PNG``, ``WebP``, ``BMP``, ``TIFF`` or ``PNM``, by its content
    width, height : pixels
    data : the bytes to decode, without what says nothing of pixels
    """

    format: str
    width: int
    height: int
    data: bytes


def cut_short(format_: str, how: str = "") -> Unfit:
    """A file whose end is missing, and how one sees it."""
    return Unfit(f"this {format_} is cut short{how and f': {how}'}; fetch the image again")


def damaged(format_: str, how: str) -> Unfit:
    """A file that is damaged, and how one sees it."""
    return Unfit(f"this {format_} is damaged: {how}; fetch the image again")
