"""Where the results of a case come from."""

from suite.catalog.json_file import json_sha256
from suite.gates.case_work import CaseWork
from suite.judging.origin import Origin
from suite.runtime.versions import depended_on


def origin_of(work: CaseWork) -> Origin | None:
    """What made the results of a quantized case; None where they need not be the same bits.

    Sums of integers alone are exact: those of FP32 and of modes that quantize nothing differ in the
    last bits between CPUs. Other providers than the CPU choose their kernels anew each time.
    """
    if not work.mode.quantizes or not work.bench.provider.on_cpu_kernels:
        return None
    known = depended_on()
    decoder = f"OpenCV {known.pop('OpenCV', 'of unknown version')}"
    artifact = work.artifact
    if artifact.brought:
        return Origin(artifact=artifact.file.sha256, decoder=decoder)
    return Origin(
        artifact=artifact.file.sha256,
        decoder=decoder,
        builder=", ".join(f"{name} {version}" for name, version in sorted(known.items())),
        made_of=json_sha256(work.identity())[:12],
    )
