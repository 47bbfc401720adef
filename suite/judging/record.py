"""What a gate measured, accepted, allowed and concluded: the one record everything else reads."""

from suite.judging.measured import Frozen, Measured
from suite.judging.outcome import Outcome


class Row(Frozen):
    """One metric held against one limit.

    ``against`` is ``baseline`` (measured − accepted within ± limit), ``fp32`` (loss against FP32
    of the same run at most limit) or ``floor`` (measured at least limit). ``difference`` is in the
    metric's own unit, or a share of the accepted value where the metric's tolerance is one.
    ``interval`` is that of the difference, where it is judged on one.
    """

    metric: str
    against: str
    reference: float | None
    measured: float | None
    difference: float | None
    limit: float
    outcome: Outcome
    interval: tuple[float, float] | None = None


class Record(Frozen):
    """One gate's conclusion on one model, mode and dataset.

    ``hashes`` are the SHA-256 of what was really at work: source, artifact, calibration, dataset.
    ``baseline`` is the file below ``baselines/`` that would accept what was measured; it is empty
    where nothing may. An ``unacceptable`` record keeps its whole case from being accepted.
    """

    gate: str
    node: str
    model: str
    family: str
    mode: str
    dataset: str | None = None
    provider: str
    profile: str
    outcome: Outcome
    headline: str
    measured: Measured | None = None
    rows: tuple[Row, ...] = ()
    notes: tuple[str, ...] = ()
    unacceptable: bool = False
    baseline: str = ""
    hashes: dict[str, str] = {}
    rerun: str = ""
    seconds: float = 0.0
