"""Which mode of each model to ship, and why."""

from collections.abc import Iterator

from suite.judging.shipping.recommendation import Recommendation
from suite.report.backend import Backend, names_of
from suite.report.model import Environment, Report
from suite.report.reference import by_its_name

# Of the models of which no speed is known, so many are named on the terminal.
_NAMED = 8


def shipping(report: Report) -> list[str]:
    """The section, right under the verdict."""
    if not report.recommended:
        return []
    lines = ["## Which mode to ship", ""]
    of_backend: dict[tuple[str, str], list[Recommendation]] = {}
    for each in report.recommended:
        of_backend.setdefault((each.provider, each.profile), []).append(each)
    for (provider, profile), mine in of_backend.items():
        place = where(report.environment_on(provider, profile))
        on = f"{provider}, {profile}: {place}" if len(of_backend) > 1 else place
        lines += [f"On {on}: the fastest mode that meets its policy on every set.", ""]
        for each in mine:
            said = [f"- **{each.model}**: {each.headline}", *(f"  - {why}" for why in each.reasons)]
            lines += by_its_name(said, each.precision)
        lines.append("")
    return lines


def shipping_lines(report: Report) -> list[str]:
    """The same for the terminal: a line a model, and one for all of which no speed is known."""
    waiting = [each for each in report.recommended if each.waits_for_speed]
    lines = []
    for each in report.recommended:
        if each not in waiting or len(waiting) == 1:
            runtime = f" ({report.environment.onnxruntime})" if each.batch else ""
            lines += by_its_name([f"{each.model}: {each.headline}{runtime}"], each.precision)
    if len(waiting) > 1:
        named = ", ".join(each.model for each in waiting[:_NAMED])
        more = len(waiting) - _NAMED
        lines.append(
            f"which mode to ship: speed was not measured of {named}"
            f"{f' and {more} more' if more > 0 else ''}, so none is recommended"
        )
    return lines


def recommended(report: Report) -> Iterator[tuple[Recommendation, str]]:
    """Each recommendation with what its backend is called; that is empty where there is but one."""
    names = names_of(Backend(each.provider, each.profile) for each in report.recommended)
    for each in report.recommended:
        yield each, names[Backend(each.provider, each.profile)] if len(names) > 1 else ""


def where(environment: Environment) -> str:
    """What the speeds hold on: the device, onnxruntime, and the threads."""
    threads = environment.threads_latency
    counted = f"{threads} thread{'' if threads == 1 else 's'}" if threads else "all threads"
    return f"{environment.device}, {environment.onnxruntime}, {counted}"
