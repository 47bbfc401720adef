"""The SHA-256 of what a gate really works on."""

from suite.catalog.json_file import json_sha256
from suite.gates.case_work import CaseWork


def hashes_of(work: CaseWork, dataset_id: str | None) -> dict[str, str]:
    """Those of source, artifact, calibration, dataset and feeding, where it has them.

    That of the feeding is of all else that cards say of how it is run.
    """
    identity = work.identity(dataset_id)
    named = ("source", "calibration", "dataset")
    found = {name: str(identity[name]) for name in named if name in identity}
    return {**found, "artifact": work.artifact.file.sha256, "feeding": _fed(work)}


def _fed(work: CaseWork) -> str:
    fed, mode, provider = work.feeding, work.mode, work.bench.provider
    told = [
        *(fed.spec.hashed(), fed.outputs.model_dump(mode="json"), work.model.flip),
        *(mode.batch_dependent, mode.quantizes, work.may_run_elsewhere),
        *(provider.execution_provider, provider.options, provider.throughput_batch),
        provider.placement.model_dump(mode="json"),
        provider.threads.model_dump(mode="json"),
    ]
    return json_sha256(told)
