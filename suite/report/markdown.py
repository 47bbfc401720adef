"""The report as Markdown: a pure function of a run's records."""

from collections.abc import Iterator

from suite.judging.record import Record
from suite.report.backend import Backend, Backends
from suite.report.model import Report
from suite.report.sections.acceptance import acceptance, without_latency
from suite.report.sections.changed import changed
from suite.report.sections.environment import environment
from suite.report.sections.failures import failures
from suite.report.sections.findings import findings
from suite.report.sections.model_table import model_section
from suite.report.sections.on_top import on_top
from suite.report.sections.providers import providers
from suite.report.sections.shipping import shipping
from suite.report.sections.undecided import not_run, undecided


def to_markdown(report: Report) -> str:
    """The report as Markdown."""
    lines = [
        "# Quantization regression report",
        "",
        f"**{report.verdict.upper()}**: {report.summary}",
        "",
    ]
    if said := on_top(report):
        lines += [*(f"- {line[0].upper()}{line[1:]}" for line in said), ""]
    if untimed := without_latency(report.records):
        lines += [f"{untimed[0].upper()}{untimed[1:]}.", ""]
    lines += changed(report)
    lines += findings(report.records)
    lines += shipping(report)
    lines += providers(report)
    lines += failures(report.records)
    lines += acceptance(report.records)
    lines += _models(report)
    lines += undecided(report.records)
    lines += not_run(report.not_run)
    lines += environment(report)
    return "\n".join(lines).rstrip() + "\n"


def _models(report: Report) -> Iterator[str]:
    """The section of each model, one for each provider and profile."""
    backends = Backends(report.records)
    by_model: dict[str, dict[Backend, list[Record]]] = {}
    for record in report.records:
        mine = by_model.setdefault(record.model, {})
        mine.setdefault(backends.of(record), []).append(record)
    for model, on in by_model.items():
        for backend, records in on.items():
            runtime = report.environment_on(backend.provider, backend.profile).onnxruntime
            called = backends.names[backend] if backends.several else ""
            yield from model_section(model, records, runtime, called)
