"""The syrupy extension: it counts what a gate judged, and writes what is accepted.

It judges nothing: the gate hands its own judgement over with what would be kept.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from syrupy.data import SnapshotCollection, SnapshotCollections
from syrupy.extensions.base import AbstractSyrupyExtension
from syrupy.location import PyTestLocation
from syrupy.types import SerializableData, SerializedData, SnapshotIndex

from suite.judging.baselines.store import BaselineFile, read_sections, write_section

_SEPARATOR = "::"


def snapshot_name(file: BaselineFile, section: str) -> str:
    """The name by which a gate asks syrupy for a section of a file."""
    return f"{file.path}{_SEPARATOR}{section}"


def snapshot_data(
    entry: Mapping[str, Any], *, holds: bool, of_images: bytes | None = None
) -> dict[str, Any]:
    """What a gate hands to syrupy.

    Parameters
    ----------
    entry : what would be kept
    holds : whether the accepted entry stays: as a comparison did not fail, or an update changes
        nothing
    of_images : what would be kept of each image, beside the file
    """
    beside = None if of_images is None else b64encode(of_images).decode()
    return {"holds": holds, "entry": entry, "of_images": beside}


class BaselineExtension(AbstractSyrupyExtension):
    """Syrupy's storage for baselines.

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
        """What `snapshot_data` made, as JSON."""
        return json.dumps(data)

    def matches(self, *, serialized_data: SerializedData, snapshot_data: SerializedData) -> bool:
        """What the gate concluded."""
        return bool(json.loads(serialized_data)["holds"])

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
            data = json.loads(str(snapshot.data))
            of_images = b64decode(data["of_images"]) if data["of_images"] is not None else None
            path, section = Path(snapshot_collection.location), _section(snapshot.name)
            write_section(path, section, data["entry"], of_images)


def _section(name: str) -> str:
    return name[name.index("[") + 1 : -1]
