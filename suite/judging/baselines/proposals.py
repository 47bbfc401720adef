"""What a run would accept, written beside its report, ready to be committed."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from suite.judging.baselines.entry import entry_document
from suite.judging.baselines.store import write_section
from suite.judging.record import Record


def write_proposals(root: Path, records: Sequence[Record], versions: Mapping[str, str]) -> None:
    """Write the baselines that a run proposes: never of a case that must not be accepted."""
    refused = {(r.model, r.mode) for r in records if r.unacceptable}
    for record in records:
        measured = record.measured
        if measured is None or not record.baseline or (record.model, record.mode) in refused:
            continue
        entry = entry_document(
            measured,
            record.limits,
            versions,
            on_request=record.on_request,
            mode_on_request=record.mode_on_request,
        )
        of_images = measured.angles.data if measured.angles else None
        write_section(root / record.baseline, measured.section, entry, of_images)
