"""``docs/gate-quality.md``: what the cells of a run say."""

from collections.abc import Iterator, Sequence

from tests.mutations.catalogue import MODULES, catalogue
from tests.mutations.cell import NOT_THERE, Cell
from tests.mutations.rates import Rate, is_judged, rate
from tests.mutations.verdict import MISSED, SAME

_HEAD = """# Does the gate catch regressions?

Measured by mutations: mistakes put into a model, its artifact, its preprocessing, its sets or
what is accepted of it, one at a time. `tox -e mutations` runs those of `tests/mutations/` that
are missing from its file of cells and writes this page anew.

- **Figures alone judge**: identity checks are off, so that no hash gives a mutation away. The
  gates are those of `suite.catalog.gate`, all but latency, which needs a quiet machine. They are
  asked in the order of what they cost until one is red by a figure that resolves; that gate is
  named.
- **Harmful** is decided by a rule that asks no gate, on faces that no gate sees (people rendered
  for this; for MobileFaceNet those of LFW): TAR@FAR=1e-3 over all pairs falls by 0.5 points, FAR
  at the clean threshold rises by half, 1 % of the images are turned by more than 8 degrees, or
  the length of what the network gives, which deployments read as quality, moves by 5 %. Of
  labels, files and coverage it is said in the catalogue.
- **Doses** are tried from the least on. The first that harms and is caught ends a kind; what is
  stronger is not run.
- Codes: **P** policy, floor, or the case held to itself; **B** the baseline by a figure that
  resolves; **E** refused by name; **b** only by the bits of the INT8 fingerprint, which the same
  libraries on the same CPU have to give again; **f** caught only by figures that cannot resolve
  (fewer than ten false accepts, or fewer than ten pairs of people behind them; accuracy's
  threshold and deviation); **A** by size or op counts alone; **M** missed; = nothing changed
  there; – the network has nothing of the kind. In parentheses: harmless by the rule.
- Margins are in times of the tolerance, loss or room above a floor; none where a gate has no
  number.
- A rate counts each kind once, by the share of its harmful cells that is caught; its interval is
  of kinds drawn anew.
"""


def page(cells: Sequence[Cell], notes: Sequence[str]) -> str:
    """The page of a run's cells, in Markdown; ``notes`` say on what they were measured."""
    parts = [
        _HEAD,
        "".join(f"- {note}\n" for note in notes),
        "## Rates\n\n" + _rates(cells),
        "## What is missed\n\n" + _missed(cells),
        "## The smallest dose caught\n\n" + _doses(cells),
        *_tables(cells),
        "## What a team may choose\n\nNo mistakes: red by the figures, they ask to be accepted.\n\n"
        + _table([cell for cell in cells if cell.benign]),
    ]
    return "\n".join(part.rstrip() + "\n" for part in parts if part)


def _rates(cells: Sequence[Cell]) -> str:
    lines = [
        "| cells | caught | by figures that resolve | and an artifact built elsewhere |",
        "|---|---|---|---|",
    ]
    models = _models(cells)
    named = [(model, [c for c in cells if c.model == model]) for model in models]
    named = [("all", list(cells)), *named] if len(models) > 1 else named
    named += [
        (module, found)
        for module in _modules()
        if (found := [cell for cell in cells if cell.module == module])
    ]
    for name, found in named:
        caught = rate(found, lambda cell: cell.is_caught)
        resolving = rate(found, lambda cell: cell.is_caught_by_what_resolves)
        elsewhere = rate(found, lambda cell: cell.is_caught_elsewhere)
        if caught and resolving and elsewhere:
            lines.append(f"| {name} | {caught} | {_short(resolving)} | {_short(elsewhere)} |")
    harmless = [c for c in cells if not (c.harmful or c.benign or c.code in (SAME, NOT_THERE))]
    red = sum(cell.is_caught for cell in harmless)
    said = f"Of {len(harmless)} cells that change something and harm nothing {red} are red."
    return "\n".join(lines) + f"\n\n{said}\n"


def _short(found: Rate) -> str:
    return f"{found.rate:.1%} ({found.low:.1%} to {found.high:.1%})"


def _missed(cells: Sequence[Cell]) -> str:
    why = {each.kind: each.unseen for each in catalogue()}
    lines = []
    for cell in cells:
        if is_judged(cell) and not cell.is_caught_by_what_resolves:
            said = "; ".join(filter(None, (_weak(cell), why.get(cell.kind, ""))))
            shown = (_name(cell), cell.model, cell.code, ", ".join(cell.harmful), said)
            lines.append(f"| {' | '.join(shown)} |")
    if not lines:
        return "Nothing that harms.\n"
    head = [
        "| mutation | model | code | harm | red all the same, and why |",
        "|---|---|---|---|---|",
    ]
    return "\n".join([*head, *lines]) + "\n"


def _weak(cell: Cell) -> str:
    """What is red without counting, and what was undecided."""
    red = [f"{catch.gate}: {catch.figure}" for catch in cell.verdict.catches[:2]]
    return "; ".join([*red, *(f"{gate} undecided" for gate in cell.verdict.undecided)])


def _doses(cells: Sequence[Cell]) -> str:
    """Of each kind with doses, the least that a gate caught, by model."""
    models = _models(cells)
    lines = [f"| kind | {' | '.join(models)} |", f"|---|{'---|' * len(models)}"]
    for kind in dict.fromkeys(cell.kind for cell in cells if cell.dose):
        shown = []
        for model in models:
            of = [cell for cell in cells if (cell.kind, cell.model) == (kind, model)]
            least = next((c.dose for c in of if c.is_caught_by_what_resolves), None)
            shown.append(least or ("none" if of else ""))
        lines.append(f"| {kind} | {' | '.join(shown)} |")
    return "\n".join(lines) + "\n"


def _tables(cells: Sequence[Cell]) -> Iterator[str]:
    for module in _modules():
        found = [cell for cell in cells if cell.module == module and not cell.benign]
        if found:
            yield f"## {module.capitalize()}\n\n" + _table(found)


def _table(cells: Sequence[Cell]) -> str:
    models = _models(cells)
    lines = [
        f"| mutation | side | {' | '.join(models)} | gate, margin |",
        f"|---|---|{'---|' * (len(models) + 1)}",
    ]
    for name in dict.fromkeys((cell.kind, cell.dose) for cell in cells):
        of = [cell for cell in cells if (cell.kind, cell.dose) == name]
        by_model = {cell.model: cell for cell in of}
        codes = [_code(by_model.get(model)) for model in models]
        lines.append(f"| {_name(of[0])} | {of[0].side} | {' | '.join(codes)} | {_gates(of)} |")
    return "\n".join(lines) + "\n"


def _code(cell: Cell | None) -> str:
    if cell is None:
        return ""
    if cell.benign or cell.code in (SAME, NOT_THERE):
        return "not red" if cell.code == MISSED else cell.code
    if not cell.harmful:
        return f"({cell.code})"
    return f"**{cell.code}**" if cell.code == MISSED else cell.code


def _gates(cells: Sequence[Cell]) -> str:
    """The gates that are named and the span of their margins."""
    margins: dict[str, list[float]] = {}
    for cell in cells:
        catch = cell.verdict.strongest
        if catch:
            margins.setdefault(f"{catch.gate}: {catch.figure}", []).extend(
                [] if catch.margin is None else [catch.margin]
            )
    shown = [f"{gate}{_span(found)}" for gate, found in margins.items()]
    return "; ".join(shown[:3]) + ("; …" if len(shown) > 3 else "")


def _span(margins: Sequence[float]) -> str:
    if not margins:
        return ""
    low, high = (f"{end:.1f}" if end < 10 else f"{end:.0f}" for end in (min(margins), max(margins)))
    return f" {low}" if low == high else f" {low} to {high}"


def _name(cell: Cell) -> str:
    return f"{cell.kind}, {cell.dose}" if cell.dose else cell.kind


def _models(cells: Sequence[Cell]) -> list[str]:
    return sorted({cell.model for cell in cells})


def _modules() -> list[str]:
    return [module.__name__.rpartition(".")[2] for module in MODULES]
