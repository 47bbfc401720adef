"""What each gate measures of a case: once, whether its gate asks or the acceptance of the case."""

from suite.catalog.gate import Gate
from suite.gates.artifact import measure_artifact
from suite.gates.behaviour import measure_behaviour
from suite.gates.case_work import CaseWork
from suite.gates.fidelity import measure_fidelity
from suite.gates.fingerprint import measure_fingerprint
from suite.gates.identified import identified
from suite.gates.placement import measure_placement
from suite.gates.verification import measure_verification
from suite.judging.measured import Measured


def measured(work: CaseWork, gate: Gate, dataset_id: str | None = None) -> Measured:
    """The measurement of a gate, made when it is first asked for; latency is never kept."""
    key = (gate, dataset_id)
    if key not in work.measured and work.bench.recorded:
        work.measured[key] = work.bench.recorded.measured(work, gate, dataset_id)
    if key not in work.measured:
        found = _measure(work, gate, dataset_id or "")
        facts = identified(work, gate, dataset_id)
        work.measured[key] = found.model_copy(update={"identified": facts})
    return work.measured[key]


def _measure(work: CaseWork, gate: Gate, dataset_id: str) -> Measured:
    match gate:
        case Gate.ARTIFACT:
            return measure_artifact(work)
        case Gate.FINGERPRINT:
            return measure_fingerprint(work)
        case Gate.VERIFICATION:
            return measure_verification(work, dataset_id)
        case Gate.FIDELITY:
            return measure_fidelity(work, dataset_id)
        case Gate.PLACEMENT:
            return measure_placement(work)
        case Gate.BEHAVIOUR:
            return measure_behaviour(work)
        case Gate.LATENCY:
            raise AssertionError("latency is timed by its own stopwatch")
