"""One face: an encoded image, known by its content."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from suite.catalog.errors import DatasetError
from suite.catalog.files import open_file, read_file

# As many pixels as are decoded, unpacked, with four samples of 16 bits.
_LARGEST = 512 << 20


@dataclass(frozen=True, slots=True)
class FilePart:
    """Bytes that lie in a file, from ``offset`` on; they are read when they are asked for."""

    path: Path
    offset: int
    length: int

    def __len__(self) -> int:
        """How many bytes they are."""
        return self.length

    def read(self) -> bytes:
        """The bytes.

        Raises
        ------
        DatasetError
            where the file cannot be read, or is shorter than when the part was found.
        """
        try:
            with open_file(self.path) as stream:
                stream.seek(self.offset)
                data = stream.read(self.length)
        except OSError as error:
            raise DatasetError(
                where=self.path, what=f"cannot be read ({error.strerror}); put it back."
            ) from error
        if len(data) < self.length:
            raise DatasetError(
                where=self.path, what="became shorter while it was in use; fetch it again."
            )
        return data


@dataclass(frozen=True)
class Face:
    """An encoded image of a face.

    Attributes
    ----------
    name : what messages call it, as ``orl.bin[17]`` or a path below the set's folder
    sha256 : what it is known by, in hexadecimal: SHA-256 of its encoded bytes; of an aligned face,
        of its image's and of how it is aligned, so that it is the same on every machine
    source : its bytes, or the file or part of one that has them
    image_sha256 : SHA-256 of the image that it was cut out of; empty where it is that image
    """

    name: str
    sha256: str
    source: bytes | Path | FilePart = field(repr=False)
    image_sha256: str = ""

    @classmethod
    def held(cls, name: str, data: bytes) -> "Face":
        """A face whose bytes are held in memory."""
        return cls(name, hashlib.sha256(data).hexdigest(), data)

    def read(self) -> bytes:
        """The encoded image.

        Raises
        ------
        DatasetError
            where its file cannot be read.
        """
        if isinstance(self.source, bytes):
            return self.source
        return self.source.read() if isinstance(self.source, FilePart) else read_image(self.source)


def read_image(path: Path) -> bytes:
    """An image file's bytes.

    Raises
    ------
    DatasetError
        where the file cannot be read.
    SuiteError
        where it is a pipe or a device, or larger than any image.
    """
    try:
        return read_file(path, _LARGEST)
    except OSError as error:
        raise DatasetError(
            where=path, what=f"this image cannot be read ({error.strerror}); put it back."
        ) from error
