"""A file that is being downloaded, and what is known of it, kept for the next try."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from suite.catalog.files import is_file, write_whole
from suite.catalog.fresh import append_to
from suite.catalog.json_file import UnreadableError, read_as, read_json
from suite.catalog.lock import Lock


class Begun(BaseModel):
    """What a server said of a file when its download began.

    Attributes
    ----------
    url : its address
    validator : its ETag, or when it was changed; without one no download goes on
    total : its bytes, None where the server does not say
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    validator: str = Field(pattern=r"^[ -~]+$")
    total: int | None = Field(default=None, ge=0)


_BEGUN = TypeAdapter(Begun)


@dataclass(frozen=True)
class Partial:
    """The part of a file at an address that is here, in a hidden file of a folder."""

    folder: Path
    url: str

    @property
    def path(self) -> Path:
        """The file, whose name tells addresses apart."""
        name = PurePosixPath(unquote(urlsplit(self.url).path)).name or "file"
        safe = "".join(letter if letter.isalnum() or letter in "._-" else "_" for letter in name)
        return self.folder / f".{safe[-80:]}.{sha256(self.url.encode()).hexdigest()[:12]}.part"

    @property
    def lock(self) -> Lock:
        """What keeps other processes from writing it."""
        return Lock(self.path.with_name(f"{self.path.name}.lock"))

    @property
    def size(self) -> int:
        """The bytes that are here."""
        return self.path.stat().st_size if self._is_own() else 0

    def begun(self) -> Begun | None:
        """What is known of the part that is here; None where there is none to go on with."""
        try:
            found = read_as(_BEGUN, read_json(self._note))
        except (OSError, UnreadableError):
            return None
        too_long = found.total is not None and self.size > found.total
        return None if found.url != self.url or not self.size or too_long else found

    def is_whole(self) -> bool:
        """Whether all of it is here, which only its hash proves."""
        begun = self.begun()
        return begun is not None and begun.total == self.size

    def begin(self, validator: str, total: int | None) -> None:
        """Forget what is here, and note what the server says of the file that comes."""
        self.forget()
        self.folder.mkdir(parents=True, exist_ok=True)
        if validator:
            begun = Begun(url=self.url, validator=validator, total=total)
            write_whole(self._note, begun.model_dump_json(), alone=True)

    def append(self) -> BinaryIO:
        """The file, open for what follows.

        Raises
        ------
        OSError
            where it cannot be written, or a link is in its place.
        """
        return append_to(self.path)

    def forget(self) -> None:
        """Remove it."""
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    def settle(self) -> None:
        """Remove it where nothing can go on from it."""
        if self.begun() is None:
            self.forget()

    @property
    def _note(self) -> Path:
        return self.path.with_name(f"{self.path.name}.json")

    def _is_own(self) -> bool:
        return is_file(self.path) and not self.path.is_symlink()
