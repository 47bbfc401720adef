"""Accepted baselines on disk."""

import json
import re
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock

from suite.catalog.errors import BaselineError
from suite.catalog.files import write_whole
from suite.judging.judgement import Entry
from suite.judging.measured import Measured

FORMAT = 1


def baseline_file(root: Path, profile: str, model: str, mode: str) -> Path:
    """Where the baseline of a model and mode on a profile is kept."""
    return root / profile / model / f"{mode}.json"


def read_sections(path: Path) -> dict[str, Any]:
    """The sections of a baseline file; none where there is no file.

    Raises
    ------
    BaselineError
        where the file is not a baseline of this format.
    """
    if not path.is_file():
        return {}
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        sections = document["sections"]
        if document["format"] != FORMAT or not isinstance(sections, dict):
            raise ValueError("another format")
        return sections
    except (ValueError, KeyError, TypeError, UnicodeDecodeError) as error:
        raise BaselineError(
            where=path,
            what=f"is not a readable baseline ({error}); restore it from version control, "
            "or delete it and accept anew with --snapshot-update.",
        ) from None


def read_entry(path: Path, section: str) -> Entry | None:
    """The accepted entry of a section, or None where nothing was accepted."""
    data = read_sections(path).get(section)
    return None if data is None else entry_of(path, section, data)


def accepted_profiles(root: Path, model: str, mode: str, section: str) -> list[str]:
    """The profiles on which a section was accepted."""
    if not root.is_dir():
        return []
    folders = sorted(folder for folder in root.iterdir() if folder.is_dir())
    return [
        folder.name
        for folder in folders
        if section in read_sections(baseline_file(root, folder.name, model, mode))
    ]


def entry_document(measured: Measured, versions: Mapping[str, str]) -> dict[str, Any]:
    """What is kept of a measurement; versions are shown, never compared."""
    return {
        "identity": dict(sorted(measured.identity.items())),
        "figures": {name: _round(value) for name, value in measured.figures.items()},
        "samples": {name: [_round(v) for v in vs] for name, vs in measured.samples.items()},
        "versions": dict(sorted(versions.items())),
    }


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
            if not any(folder.iterdir()):
                folder.rmdir()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    # The lock lies beside the system's temporary files, to keep baselines free of lock files.
    lock = Path(tempfile.gettempdir()) / f"face-quant-gate-{_lock_name(path)}.lock"
    try:
        with FileLock(lock):
            yield
    except OSError as error:
        raise BaselineError(
            where=path,
            what=f"cannot write the baseline ({error.strerror}); nothing accepted there is "
            "lost: free some space or make the folder writable, and accept again.",
        ) from None


def _write(path: Path, sections: Mapping[str, Any]) -> None:
    document = {"format": FORMAT, "sections": dict(sorted(sections.items()))}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, _readable(document), alone=True)


def entry_of(path: Path, section: str, data: Any) -> Entry:
    """An accepted section, read; BaselineError where it is damaged."""
    try:
        return Entry(
            identity=dict(data["identity"]),
            figures={str(k): float(v) for k, v in data["figures"].items()},
            samples={str(k): tuple(map(float, v)) for k, v in data["samples"].items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BaselineError(
            where=path,
            what=f"section {section!r} is damaged ({type(error).__name__}: {error}); restore "
            "it from version control, or delete it and accept anew with --snapshot-update.",
        ) from None


def _round(value: float) -> float:
    # Seven significant digits: finer than any tolerance, and stable between machines' rounding.
    return float(f"{value:.7g}")


def _readable(document: Mapping[str, Any]) -> str:
    text = json.dumps(document, indent=2, ensure_ascii=False)
    # A list of numbers reads better, and differs better, on one line.
    joined = re.sub(r"\[([^\[\]{}\"]+)\]", lambda m: "[" + " ".join(m.group(1).split()) + "]", text)
    return joined + "\n"


def _lock_name(path: Path) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", str(path.resolve()))[-120:].strip("-")
