"""The report as Markdown: a pure function of a run's records."""

from collections.abc import Iterator

from suite.report.backend import Backends
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
    for model in dict.fromkeys(record.model for record in report.records):
        lines += _of_model(model, report)
    lines += undecided(report.records)
    lines += not_run(report.not_run)
    lines += environment(report)
    return "\n".join(lines).rstrip() + "\n"


def _of_model(model: str, report: Report) -> Iterator[str]:
    """The section of a model, one for each provider and profile."""
    backends = Backends(report.records)
    for backend, records in backends.records.items():
        mine = [record for record in records if record.model == model]
        if mine:
            runtime = report.environment_on(backend.provider, backend.profile).onnxruntime
            on = backends.names[backend] if backends.several else ""
            yield from model_section(model, mine, runtime, on)
