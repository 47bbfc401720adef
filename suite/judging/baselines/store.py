"""Accepted baselines on disk: ``<profile>/<model>/<mode>.json``, a section for each gate.

Only ``--snapshot-update`` writes one.
"""

import functools
import json
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from suite.catalog.catalog import Catalog
from suite.catalog.errors import BaselineError, refused, writing
from suite.catalog.files import is_folder, lies_below, names_in, write_whole
from suite.catalog.gate import Section
from suite.catalog.json_file import UnreadableError, read_as, read_json
from suite.catalog.lock import Lock
from suite.catalog.profiles import serving
from suite.judging.baselines.entry import entry_of, format_of
from suite.judging.baselines.side_file import (
    baselines_with_side_files,
    read_side_file,
    remove_unnamed,
    unnamed,
    write_side_file,
)
from suite.judging.judgement import FORMAT, Entry
from suite.judging.part import Frozen


def baselines_of(catalog: Catalog) -> Path:
    """The folder in which a catalog's baselines lie."""
    return catalog.folder / "baselines"


@dataclass(frozen=True)
class BaselineFile:
    """What is accepted of a model in a mode on a profile, below a folder of baselines."""

    root: Path
    profile: str
    model: str
    mode: str

    @property
    def path(self) -> Path:
        """The file."""
        return self.root / self.relative

    @property
    def relative(self) -> Path:
        """The file, from the folder of baselines."""
        return Path(self.profile, self.model, f"{self.mode}.json")

    def sections(self) -> dict[str, Any]:
        """As `read_sections`."""
        return read_sections(self.path)

    def entry(self, section: str) -> Entry | None:
        """The accepted entry of a section, or None where nothing was accepted.

        Raises
        ------
        BaselineError
            where it or its side file is damaged, or a newer suite accepted it.
        """
        data = self.sections().get(section)
        if data is None:
            return None
        format_ = format_of(section, data)
        if format_ > FORMAT:
            raise BaselineError(
                where=self.path,
                what=f"section {section!r} was accepted by a newer suite (format {format_}, this "
                f"one knows {FORMAT}); install that suite.",
            )
        entry = entry_of(section, data)
        if entry.angles is None:
            return entry
        return replace(entry, angles=read_side_file(self.path, section, entry.angles))

    @property
    def format(self) -> int:
        """The oldest format that any of its sections was accepted with.

        A later suite may have accepted a part of the case alone.
        """
        formats = (format_of(section, data) for section, data in self.sections().items())
        return min(formats, default=FORMAT)

    @property
    def lies_there(self) -> bool:
        """Whether anything lies in its place: what cannot be read is red, not absent."""
        try:
            return bool(self.sections())
        except BaselineError:
            return True

    @property
    def holds_figures(self) -> bool:
        """Whether anything but kernels and speed is accepted in it; so where it cannot be read."""
        try:
            sections = map(Section.parse, self.sections())
        except BaselineError:
            return True
        return any(each is None or not each.gate.per_version for each in sections)

    @property
    def is_profile_accepted(self) -> bool:
        """Whether figures of any model in any mode are accepted on its profile or its kin's."""
        own = serving(self.profile)
        return any(each.holds_figures for each in all_files(self.root) if each.profile in own)

    def profiles_with(self, section: str) -> list[str]:
        """The profiles on which a section of the same model and mode was accepted."""
        names = [name for name in names_in(self.root) if is_folder(self.root / name)]
        found = (BaselineFile(self.root, name, self.model, self.mode) for name in names)
        return [file.profile for file in found if section in file.sections()]


def serving_file(root: Path, profile: str, model: str, mode: str) -> BaselineFile:
    """The baseline that a case is held to on a profile: its own, else that of its kin.

    Where there is neither, its own is the one to be written.
    """
    files = [BaselineFile(root, name, model, mode) for name in serving(profile)]
    return next((file for file in files if file.lies_there), files[0])


def all_files(root: Path) -> Iterator[BaselineFile]:
    """Every baseline below a folder, sorted by its path.

    Raises
    ------
    SuiteError
        where this user may not read one of the folders.
    """
    for profile in names_in(root):
        for model in names_in(root / profile):
            for name in names_in(root / profile / model):
                if name.endswith(".json") and not name.startswith("."):
                    yield BaselineFile(root, profile, model, name.removesuffix(".json"))


def side_files_alone(root: Path) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """The baselines below a folder with names of side files that none of their sections names."""
    for profile in names_in(root):
        for model in names_in(root / profile):
            for path in baselines_with_side_files(root / profile / model):
                if names := unnamed(path, read_sections(path)):
                    yield path, tuple(names)


def read_sections(path: Path) -> dict[str, Any]:
    """The sections of a baseline file; none where there is no file.

    Raises
    ------
    BaselineError
        where the file is not a baseline of this layout.
    """
    try:
        status = path.stat()
    except FileNotFoundError:
        if path.is_symlink():
            raise _damaged(path, "it is a link to nothing") from None
        return {}
    except NotADirectoryError:
        raise _damaged(path, "a file lies where a folder must be") from None
    except OSError as error:
        raise refused(error) from None
    return dict(_read(path, status.st_mtime_ns, status.st_size))


class _File(Frozen):
    """A file: ``format`` is how it is laid out, what its sections know is each one's own."""

    format: Literal[1]
    sections: Annotated[dict[str, dict[str, Any]], Field(min_length=1)]


_FILE = TypeAdapter(_File)


@functools.lru_cache(maxsize=256)
def _read(path: Path, changed_ns: int, size: int) -> dict[str, Any]:
    """The sections of a file as it was at that time: each gate of a case asks for them."""
    try:
        document = read_json(path)
        for section, data in read_as(_FILE, document).sections.items():
            if format_of(section, data) <= FORMAT:
                entry_of(section, data)
        sections: dict[str, Any] = document["sections"]
        return sections
    except UnreadableError as error:
        raise _damaged(path, str(error)) from None
    except OSError as error:
        raise refused(error) from None


def _damaged(path: Path, why: str) -> BaselineError:
    return BaselineError(
        where=path,
        what=f"is not a readable baseline: {why}; restore it from version control, or delete it "
        "and accept anew with --snapshot-update.",
    )


def write_section(
    path: Path, section: str, entry: Mapping[str, Any], of_images: bytes | None = None
) -> None:
    """Put one section into a baseline file; every other byte of it stays.

    The file is read, changed and renamed into place under a lock, so that it is wholly old or
    wholly new whatever happens and no other writer's section is lost. ``of_images`` is what the
    section keeps of each image, for its side file.

    Raises
    ------
    BaselineError
        where the file cannot be read or written.
    """
    with _locked(path):
        if of_images is not None:
            write_side_file(path, section, entry["angles"]["sha256"], of_images)
        sections = {**read_sections(path), section: dict(entry)}
        _write(path, sections)
        remove_unnamed(path, sections)


def remove_sections(path: Path, sections: Collection[str]) -> None:
    """Take sections out of a baseline file, and the file with its empty folders where none is left.

    Raises
    ------
    BaselineError
        where the file cannot be read or written.
    """
    with _locked(path):
        kept = {name: entry for name, entry in read_sections(path).items() if name not in sections}
        if kept:
            _write(path, kept)
        else:
            path.unlink(missing_ok=True)
        remove_unnamed(path, kept)
    if kept:
        return
    for folder in (path.parent, path.parent.parent):
        with suppress(OSError):  # it holds something else, or another process writes there
            folder.rmdir()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    root = path.parents[2]  # of profiles, of models, of modes
    # The root itself may be a link that came with a catalog.
    if not (lies_below(root, path) and lies_below(root.parent, root / path.name)):
        raise BaselineError(
            where=path.parent,
            what=f"leads out of {root} by a link, where nothing is written; put a folder there.",
        )
    with writing_baseline(path), Lock(path.with_name(f".{path.name}.lock")):
        # Another process may have written since.
        _read.cache_clear()
        yield


def writing_baseline(path: Path) -> AbstractContextManager[None]:
    """Say what of a baseline the system does not let be written meanwhile."""
    other = "make the folder writable, and accept again; nothing accepted there is lost"
    return writing(path, "cannot write the baseline", other, BaselineError)


def _write(path: Path, sections: Mapping[str, Any]) -> None:
    document = {"format": 1, "sections": dict(sorted(sections.items()))}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, _readable(document), alone=True)
    _read.cache_clear()


def _readable(document: Mapping[str, Any]) -> str:
    text = json.dumps(document, indent=2, ensure_ascii=False)
    # A list of numbers reads better, and differs better, on one line. In a string no line ends.
    joined = re.sub(
        r"\[\n([^\[\]{}\"]+)\]", lambda m: "[" + " ".join(m.group(1).split()) + "]", text
    )
    return joined + "\n"
