"""Accepted baselines: a syrupy extension that compares records within tolerances.

A baseline file is ``<profile>/<model>/<mode>.json``; each gate owns a section of it. Only
``--snapshot-update`` writes one.
"""

import json
import re
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock
from syrupy.data import SnapshotCollection, SnapshotCollections
from syrupy.extensions.base import AbstractSyrupyExtension
from syrupy.location import PyTestLocation
from syrupy.types import SerializableData, SerializedData, SnapshotIndex

from suite.errors import BaselineError
from suite.judgement import Entry, judge_against_baseline
from suite.records import Measured, Outcome, Row

FORMAT = 1
_SEPARATOR = "::"


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
            f"{path}: is not a readable baseline ({error}); restore it from version control, "
            "or delete it and accept anew with --snapshot-update."
        ) from None


def read_entry(path: Path, section: str) -> Entry | None:
    """The accepted entry of a section, or None where nothing was accepted."""
    data = read_sections(path).get(section)
    return None if data is None else _entry(path, section, data)


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
            f"{path}: cannot write the baseline ({error.strerror}); nothing accepted there is "
            "lost: free some space or make the folder writable, and accept again."
        ) from None


def _write(path: Path, sections: Mapping[str, Any]) -> None:
    document = {"format": FORMAT, "sections": dict(sorted(sections.items()))}
    path.parent.mkdir(parents=True, exist_ok=True)
    # One writer holds the lock, so a file of this name is what a killed one left.
    fresh = path.with_name(f".{path.name}.tmp")
    fresh.write_text(_readable(document), encoding="utf-8", newline="\n")
    fresh.replace(path)


class BaselineExtension(AbstractSyrupyExtension):
    """Syrupy's storage, comparison and diff for baselines.

    A snapshot's name is ``<file>::<section>``, because syrupy makes extensions without arguments.
    """

    file_extension = "json"
    # Syrupy would otherwise write at the end of the run, which a crash would lose.
    write_immediately = True

    @classmethod
    def get_location(cls, *, test_location: PyTestLocation, index: SnapshotIndex) -> str:
        """The baseline file, taken out of the snapshot's name."""
        return str(index).rsplit(_SEPARATOR, 1)[0]

    @classmethod
    def get_snapshot_name(cls, *, test_location: PyTestLocation, index: SnapshotIndex = 0) -> str:
        """The gate and its section: syrupy warns where a name does not begin with the test's."""
        return f"{test_location.methodname}[{str(index).rsplit(_SEPARATOR, 1)[-1]}]"

    @classmethod
    def matches_test_location(
        cls, *, test_location: PyTestLocation, snapshot_location: str
    ) -> bool:
        """Every gate may write any baseline file."""
        return True

    def discover_snapshots(
        self, *, test_location: PyTestLocation, ignore_extensions: list[str] | None = None
    ) -> SnapshotCollections:
        """Nothing is ever unused: a selection must not report or delete the others' baselines."""
        return SnapshotCollections()

    def serialize(self, data: SerializableData, **_: Any) -> SerializedData:
        """A `Proposal` as JSON, with the tolerances that `matches` needs."""
        return json.dumps(data)

    def matches(self, *, serialized_data: SerializedData, snapshot_data: SerializedData) -> bool:
        """Whether what was measured is as accepted, within the tolerances."""
        proposal, accepted = json.loads(serialized_data), json.loads(snapshot_data)
        measured = Measured.model_validate(proposal["measured"])
        entry = _entry(Path("baseline"), measured.section, accepted)
        judged = judge_against_baseline(measured, entry, proposal["tolerances"])
        if proposal["updating"] and any(_moved(row) for row in judged.rows):
            # A gate lets size and speed get better; an update is there to take that over.
            return False
        return judged.outcome is Outcome.PASS

    def read_snapshot_data_from_location(
        self, *, snapshot_location: str, snapshot_name: str, session_id: str
    ) -> SerializedData | None:
        """The accepted section as JSON."""
        data = read_sections(Path(snapshot_location)).get(_section(snapshot_name))
        return None if data is None else json.dumps(data)

    def read_snapshot_collection(self, *, snapshot_location: str) -> SnapshotCollection:
        """Never asked for, as nothing is discovered."""
        return SnapshotCollection(location=snapshot_location)

    def delete_snapshots(self, *, snapshot_location: str, snapshot_names: set[str]) -> None:
        """Never delete an accepted baseline."""

    @classmethod
    def write_snapshot_collection(
        cls,
        *,
        snapshot_collection: SnapshotCollection,
        name_order: dict[str, int] | None = None,
    ) -> None:
        """Write each section of the collection into its file."""
        for snapshot in snapshot_collection:
            entry = json.loads(str(snapshot.data))["entry"]
            write_section(Path(snapshot_collection.location), _section(snapshot.name), entry)


def proposal(
    measured: Measured,
    tolerances: Mapping[str, float],
    versions: Mapping[str, str],
    *,
    updating: bool = False,
) -> dict[str, Any]:
    """What a gate hands to syrupy: the measurement, how it may jitter, and what would be kept."""
    return {
        "updating": updating,
        "measured": measured.model_dump(mode="json"),
        "tolerances": dict(tolerances),
        "entry": entry_document(measured, versions),
    }


def snapshot_name(path: Path, section: str) -> str:
    """The name by which a gate asks syrupy for a section of a file."""
    return f"{path}{_SEPARATOR}{section}"


def _moved(row: Row) -> bool:
    return row.difference is not None and abs(row.difference) > row.limit


def _section(name: str) -> str:
    return name[name.index("[") + 1 : -1]


def _entry(path: Path, section: str, data: Any) -> Entry:
    try:
        return Entry(
            identity=dict(data["identity"]),
            figures={str(k): float(v) for k, v in data["figures"].items()},
            samples={str(k): tuple(map(float, v)) for k, v in data["samples"].items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BaselineError(
            f"{path}: section {section!r} is damaged ({type(error).__name__}: {error}); restore "
            "it from version control, or delete it and accept anew with --snapshot-update."
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
