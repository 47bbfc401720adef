"""What a run would accept, written into the report folder, ready to be committed."""

import shutil

from suite.baselines import baseline_file, entry_document, write_section
from suite.environment import versions
from suite.records import Measured, Outcome, Record
from suite.report.writing import PROPOSED, ReportFolder
from suite.runtime.profile import PARENT_PROFILE


def write_proposals(folder: ReportFolder) -> None:
    """Write the baselines that a run proposes: never of a case that fails against FP32."""
    root = folder.folder / PROPOSED
    shutil.rmtree(root, ignore_errors=True)
    refused = {(r.model, r.mode) for r in folder.records if r.fails_fp32_policy}
    for record in folder.records:
        measured = record.measured
        if measured is None or measured.problem or (record.model, record.mode) in refused:
            continue
        if record.gate == "latency" or record.outcome not in (
            Outcome.PASS,
            Outcome.FAIL,
            Outcome.NOT_COMPARED,
        ):
            continue
        _write(root_record=record, measured=measured, folder=folder)


def _write(root_record: Record, measured: Measured, folder: ReportFolder) -> None:
    reference = root_record.mode == "fp32"
    profile = PARENT_PROFILE if reference else root_record.profile
    path = baseline_file(folder.folder / PROPOSED, profile, root_record.model, root_record.mode)
    write_section(path, measured.section, entry_document(measured, versions()))
