"""What a run would accept, written into the report folder, ready to be committed."""

import shutil

from suite.baselines import entry_document, write_section
from suite.environment import versions
from suite.report.writing import PROPOSED, ReportFolder


def write_proposals(folder: ReportFolder) -> None:
    """Write the baselines that a run proposes: never of a case that must not be accepted."""
    root = folder.folder / PROPOSED
    shutil.rmtree(root, ignore_errors=True)
    refused = {(r.model, r.mode) for r in folder.records if r.unacceptable}
    for record in folder.records:
        measured = record.measured
        if measured is None or not record.baseline or (record.model, record.mode) in refused:
            continue
        write_section(
            root / record.baseline, measured.section, entry_document(measured, versions())
        )
