"""Hand-made records, for tests of what reads them."""

from suite.catalog.gate import Gate, Section
from suite.judging.measured import Measured
from suite.judging.outcome import Outcome
from suite.judging.record import Against, Record, Row
from suite.report.model import Environment

ENVIRONMENT = Environment(
    started="2026-01-02T03:04:05+00:00",
    command="pytest --models=m",
    suite="0.1.0",
    catalog="/team/quant",
    provider="cpu",
    profile="cpu-avx2",
    cpu="Some CPU",
    device="Some CPU family 1",
    cores=2,
    threads_embedding=0,
    threads_latency=1,
    platform="Linux",
    python="3.11.7",
    versions={"onnxruntime": "1.32.0", "numpy": "2.4.6"},
)


def measured(gate: Gate, dataset: str | None = None, **rest: object) -> Measured:
    section = str(Section(gate, dataset or ""))
    return Measured.model_validate({"section": section, "identity": {"source": "a" * 64}, **rest})


def record(
    gate: Gate = Gate.ARTIFACT,
    outcome: Outcome = Outcome.PASS,
    headline: str = "as accepted",
    *,
    mode: str = "fp32",
    model: str = "m",
    dataset: str | None = None,
    **rest: object,
) -> Record:
    test = f"test_{gate}[{model}-{mode}{f'-{dataset}' if dataset else ''}]"
    return Record.model_validate(
        {
            "gate": gate,
            "node": f"suite/gates/test_{gate}.py::{test}",
            "model": model,
            "family": "arcface",
            "mode": mode,
            "dataset": dataset,
            "provider": "cpu",
            "profile": "cpu-avx2",
            "outcome": outcome,
            "headline": headline,
            "rerun": f"pytest --models={model} --modes={mode} -k test_{gate}",
            **rest,
        }
    )


def row(
    metric: str = "accuracy",
    outcome: Outcome = Outcome.PASS,
    *,
    against: Against = Against.BASELINE,
    reference: float | None = 0.99,
    value: float | None = 0.98,
    limit: float = 0.002,
    interval: tuple[float, float] | None = None,
) -> Row:
    known = reference is not None and value is not None
    return Row(
        metric=metric,
        against=against,
        reference=reference,
        measured=value,
        difference=value - reference if known else None,
        limit=limit,
        outcome=outcome,
        interval=interval,
    )
