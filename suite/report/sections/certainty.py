"""How sure a report's figures are, what quantization changed, and which pairs it flipped."""

from collections.abc import Sequence

from suite.catalog.figures import FIGURES
from suite.judging.measured import Change, Measured, Uncertainty
from suite.judging.power import detectable_loss
from suite.judging.record import Record
from suite.report.tables import figure_text, markdown, signed

# Below so many units the intervals are known to be too short: docs/figures.md has the simulation.
ENOUGH_UNITS = 100
SHOWN_FLIPS = 5


def certainty(records: Sequence[Record]) -> list[str]:
    """The tables of one model on one dataset, of its verification records."""
    measured = [
        (record.mode, record.measured, record.measured.uncertainty)
        for record in records
        if record.measured and record.measured.uncertainty
    ]
    if not measured:
        return []
    known = [(mode, found, sure) for mode, found, sure in measured if sure]
    return [
        *_flagged(known[0][2]),
        *_can_show(records),
        *_worse(known),
        "<details><summary>How sure, what quantization changed, which pairs it flipped</summary>",
        "",
        *_resolution(known),
        *_changes(known),
        *_basis(known[0][2]),
        *_flips([(mode, found) for mode, found, _ in known]),
        "</details>",
        "",
    ]


def flags(measured: Measured | None) -> list[str]:
    """The metrics of a gate that cannot be resolved, a sentence each."""
    if measured is None or measured.uncertainty is None:
        return []
    return [
        f"{FIGURES[name].label}: {point.flag}"
        for name, point in measured.uncertainty.resolution.items()
        if point.flag
    ]


def _flagged(sure: Uncertainty) -> list[str]:
    words = [
        f"{FIGURES[name].label}, of {point.impostors:,} impostor pairs, is {point.flag}"
        for name, point in sure.resolution.items()
        if point.flag
    ]
    resolved = [FIGURES[name].label for name, point in sure.resolution.items() if not point.flag]
    if words and resolved:
        words.append(f"resolved: {'; '.join(resolved)}")
    return ["**Flagged**: " + ". ".join(words) + ".", ""] if words else []


def _resolution(known: Sequence[tuple[str, Measured, Uncertainty]]) -> list[str]:
    rows = []
    for mode, measured, sure in known:
        for name, point in sure.resolution.items():
            digits = FIGURES[name].digits
            ends = sure.intervals.get(name)
            rows.append(
                (
                    mode,
                    FIGURES[name].label,
                    figure_text(measured.figures, name),
                    _ends(ends, digits),
                    f"{point.impostors:,}",
                    f"{point.expected_false_accepts:,.4g} / {point.false_accepts:,}",
                    "–" if point.people_pairs is None else f"{point.people_pairs:,}",
                    point.flag,
                )
            )
    header = ("Model", "Figure", "Value", "95 % interval", "Impostor pairs")
    counts = ("False accepts, expected / actual", "Pairs of people among them")
    table = markdown((*header, *counts, ""), rows)
    return ["How sure each TAR is:", "", *table, ""]


def _ends(ends: tuple[float, float] | None, digits: int) -> str:
    if ends is None:
        return "–"
    # Draws of people without an error never have one: that is no certainty.
    if ends[0] == ends[1]:
        return "none: nothing varied"
    return f"{ends[0]:.{digits}f} … {ends[1]:.{digits}f}"


def _changes(known: Sequence[tuple[str, Measured, Uncertainty]]) -> list[str]:
    rows = []
    for mode, measured, sure in known:
        for name, change in sure.changes.items():
            digits = FIGURES[name].digits
            rows.append(
                (
                    mode,
                    FIGURES[name].label,
                    figure_text(measured.fp32, name),
                    figure_text(measured.figures, name),
                    signed(change.point, digits),
                    f"{signed(change.low, digits)} … {signed(change.high, digits)}"
                    if change.low != change.high
                    else "none: nothing varied",
                    f"{detectable_loss(change.low, change.high):.{digits}f}"
                    if change.low != change.high
                    else "–",
                    "**worse**" if _is_worse(name, change) else "",
                )
            )
    if not rows:
        return []
    header = ("Model", "Figure", "FP32", "Quantized", "Change", "95 % interval", "Seen from", "")
    return [
        "What quantization changed, on the same pairs and the same draws of people. *At FP32's "
        "threshold*: a deployment that swaps the model and keeps its threshold at FAR=1e-3. *FP32 "
        "gallery*: one that re-enrols nobody. *Seen from*: the least change that such an interval "
        "shows four times in five. **Worse**: all of the interval is.",
        "",
        *markdown(header, rows),
        "",
    ]


def _is_worse(name: str, change: Change) -> bool:
    """Whether quantization made a figure worse beyond chance."""
    return all(FIGURES[name].is_worse(end) for end in (change.low, change.high))


def _worse(known: Sequence[tuple[str, Measured, Uncertainty]]) -> list[str]:
    found = [
        f"{mode}: {', '.join(names)}"
        for mode, _, sure in known
        if (names := [FIGURES[n].label for n, c in sure.changes.items() if _is_worse(n, c)])
    ]
    if not found:
        return []
    return [f"**Worse than FP32 beyond chance**, whatever the policy: {'; '.join(found)}.", ""]


def _can_show(records: Sequence[Record]) -> list[str]:
    said = can_show(records)
    return [f"**What this set can show**: {said}.", ""] if said else []


def can_show(records: Sequence[Record]) -> str:
    """The least losses that one model's set shows, in a sentence; empty where nothing varied.

    Of any mode's change, for accuracy and each TAR that resolves.
    """
    known = [r.measured.uncertainty for r in records if r.measured and r.measured.uncertainty]
    least: dict[str, float] = {}
    for sure in known:
        for name, change in sure.changes.items():
            resolves = name == "accuracy" or (
                name in sure.resolution and not sure.resolution[name].flag
            )
            if resolves and change.low != change.high:
                loss = detectable_loss(change.low, change.high)
                least[name] = max(least.get(name, 0.0), loss)
    if not least:
        return ""
    who = f"{known[0].units:,} {'people' if known[0].drawn == 'people' else 'groups of images'}"
    each = ", ".join(
        f"of {FIGURES[name].label} under {100 * loss:.2g} points" for name, loss in least.items()
    )
    return f"with these {who} a loss {each} is not seen"


def _basis(sure: Uncertainty) -> list[str]:
    words = f"Intervals: percentiles of 1,000 draws of {sure.units:,} people."
    if sure.drawn == "images":
        words = (
            f"Intervals: percentiles of 1,000 draws of {sure.units:,} groups of images that "
            "genuine pairs connect. **Optimistic**: nobody says who is who, and one person may be "
            "several groups; give the dataset's card its identities."
        )
    if sure.units < ENOUGH_UNITS:
        words += f" **Too short**: fewer than {ENOUGH_UNITS} to draw from."
    return [words, ""]


def _flips(known: Sequence[tuple[str, Measured]]) -> list[str]:
    lines = []
    for mode, measured in known:
        if not measured.flips:
            continue
        own, kept = (sum(getattr(flip, how) for flip in measured.flips) for how in ("own", "kept"))
        shown = measured.flips[:SHOWN_FLIPS]
        pairs = "pair" if own == 1 else "pairs"
        lines += [
            f"**{mode}** decides {own} {pairs} otherwise with each model's own "
            f"accuracy threshold, {kept} with FP32's; the {len(shown)} that moved farthest (all "
            "are in `report.json`):",
            "",
            *markdown(
                ("Pair", "Left", "Right", "", "d, FP32", "d", "Otherwise with"),
                [
                    (
                        str(flip.pair),
                        flip.left,
                        flip.right,
                        "genuine" if flip.genuine else "impostor",
                        f"{flip.fp32_distance:.4f}",
                        f"{flip.distance:.4f}",
                        " and ".join(
                            word
                            for word, holds in (("own", flip.own), ("FP32's", flip.kept))
                            if holds
                        ),
                    )
                    for flip in shown
                ],
            ),
            "",
        ]
    return lines
