"""The syrupy extension: it counts, and writes what is accepted."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from syrupy.data import SnapshotCollection, SnapshotCollections
from syrupy.extensions.base import AbstractSyrupyExtension
from syrupy.location import PyTestLocation
from syrupy.types import SerializableData, SerializedData, SnapshotIndex

from suite.judging.against_baseline import judge_against_baseline
from suite.judging.baselines.store import entry_document, entry_of, read_sections, write_section
from suite.judging.measured import Measured
from suite.judging.outcome import Outcome
from suite.judging.record import Row

_SEPARATOR = "::"


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
        entry = entry_of(Path("baseline"), measured.section, accepted)
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
