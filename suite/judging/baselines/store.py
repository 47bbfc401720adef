"""Accepted baselines on disk: ``<profile>/<model>/<mode>.json``, a section for each gate.

Only ``--snapshot-update`` writes one.
"""

import functools
import json
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from suite.catalog.catalog import Catalog
from suite.catalog.errors import BaselineError, refused
from suite.catalog.files import is_folder, names_in, write_whole
from suite.catalog.lock import Lock
from suite.judging.judgement import FORMAT, Entry
from suite.judging.kept_limits import KeptLimits
from suite.judging.measured import Measured

# How the file is laid out; what its sections know is each section's own format.
_LAYOUT = 1
# The format with which the limits of a section came.
_LIMITS_SINCE = 2


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
            where it is damaged, or a newer suite accepted it.
        """
        data = self.sections().get(section)
        return None if data is None else entry_of(self.path, section, data)

    @property
    def format(self) -> int:
        """The oldest format that any of its sections was accepted with.

        A later suite may have accepted a part of the case alone.
        """
        return min((_format(data) for data in self.sections().values()), default=FORMAT)

    def profiles_with(self, section: str) -> list[str]:
        """The profiles on which a section of the same model and mode was accepted."""
        names = [name for name in names_in(self.root) if is_folder(self.root / name)]
        found = (BaselineFile(self.root, name, self.model, self.mode) for name in names)
        return [file.profile for file in found if section in file.sections()]


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


def read_sections(path: Path) -> dict[str, Any]:
    """The sections of a baseline file; none where there is no file.

    Raises
    ------
    BaselineError
        where the file is not a baseline of this layout.
    """
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise refused(error) from None
    return dict(_read(path, status.st_mtime_ns, status.st_size))


@functools.lru_cache(maxsize=256)
def _read(path: Path, changed_ns: int, size: int) -> dict[str, Any]:
    """The sections of a file as it was at that time: each gate of a case asks for them."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        sections = document["sections"]
        if document["format"] != _LAYOUT or not isinstance(sections, dict):
            raise ValueError("another format")
        return sections
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise _damaged(path, f"is not a readable baseline ({error})") from None


def entry_document(
    measured: Measured, limits: KeptLimits, versions: Mapping[str, str]
) -> dict[str, Any]:
    """What is kept of a measurement; versions are shown, never compared."""
    return {
        # Format 1 is written by its absence, as it was.
        **({"format": FORMAT} if FORMAT > 1 else {}),
        "identity": dict(sorted(measured.identity.items())),
        "figures": {name: _round(value) for name, value in measured.figures.items()},
        "samples": {name: [_round(v) for v in vs] for name, vs in measured.samples.items()},
        "limits": limits.model_dump(mode="json", exclude_defaults=True),
        "versions": dict(sorted(versions.items())),
    }


def entry_of(path: Path, section: str, data: Any) -> Entry:
    """An accepted section, read; BaselineError where it is damaged or a newer suite's."""
    try:
        if _format(data) > FORMAT:
            raise _newer(path, section, _format(data))
        kept = None if _format(data) < _LIMITS_SINCE else KeptLimits(**data["limits"])
        return Entry(
            identity=dict(data["identity"]),
            figures={str(k): float(v) for k, v in data["figures"].items()},
            samples={str(k): tuple(map(float, v)) for k, v in data["samples"].items()},
            format=_format(data),
            versions={str(k): str(v) for k, v in data.get("versions", {}).items()},
            limits=kept,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = f"section {section!r} is damaged ({type(error).__name__}: {error})"
        raise _damaged(path, what) from None


def _newer(path: Path, section: str, its_format: int) -> BaselineError:
    return BaselineError(
        where=path,
        what=f"section {section!r} was accepted by a newer suite (format {its_format}, this one "
        f"knows {FORMAT}); install that suite.",
    )


def _damaged(path: Path, what: str) -> BaselineError:
    return BaselineError(
        where=path,
        what=f"{what}; restore it from version control, or delete it and accept anew with "
        "--snapshot-update.",
    )


def write_section(path: Path, section: str, entry: Mapping[str, Any]) -> None:
    """Put one section into a baseline file; every other byte of it stays.

    The file is read, changed and renamed into place under a lock, so that it is wholly old or
    wholly new whatever happens and no other writer's section is lost.

    Raises
    ------
    BaselineError
        where the file cannot be read or written.
    """
    with _locked(path):
        _write(path, {**read_sections(path), section: dict(entry)})


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
            return
        path.unlink(missing_ok=True)
    for folder in (path.parent, path.parent.parent):
        with suppress(OSError):  # it holds something else, or another process writes there
            folder.rmdir()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    try:
        with Lock(path.with_name(f".{path.name}.lock")):
            # Another process may have written since.
            _read.cache_clear()
            yield
    except OSError as error:
        raise unwritable(path, error) from None


def unwritable(path: Path, error: OSError) -> BaselineError:
    """What is said of a baseline that cannot be written."""
    return BaselineError(
        where=path,
        what=f"cannot write the baseline ({error.strerror}); nothing accepted there is lost: "
        "free some space or make the folder writable, and accept again.",
    )


def _write(path: Path, sections: Mapping[str, Any]) -> None:
    document = {"format": _LAYOUT, "sections": dict(sorted(sections.items()))}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, _readable(document), alone=True)
    _read.cache_clear()


def _format(data: Any) -> int:
    return int(data.get("format", 1)) if isinstance(data, dict) else 1


def _round(value: float) -> float:
    # Seven significant digits: finer than any tolerance, and stable between machines' rounding.
    return float(f"{value:.7g}")


def _readable(document: Mapping[str, Any]) -> str:
    text = json.dumps(document, indent=2, ensure_ascii=False)
    # A list of numbers reads better, and differs better, on one line.
    joined = re.sub(r"\[([^\[\]{}\"]+)\]", lambda m: "[" + " ".join(m.group(1).split()) + "]", text)
    return joined + "\n"
