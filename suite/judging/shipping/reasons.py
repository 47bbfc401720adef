"""Why a mode is shipped and the others are not, in words."""

from collections.abc import Iterator, Sequence

from suite.catalog.mode_card import PREPARED
from suite.judging.shipping.candidate import WORTH_A_FILE, Candidate

MIB = 2**20
# Of the modes within their policy whose speed nobody knows, so many are named with their sizes.
_NAMED = 4


def why_shipped(best: Candidate) -> str:
    """The headline of a mode that is shipped; its speed is over the faster FP32 first."""
    if (
        best.over_prepared
        and best.over_source
        and best.over_prepared.point < best.over_source.point
    ):
        slower = best.over_prepared.surely_below(1)
        which = ", which is faster and was not gated" if slower else ""
        return (
            f"ship {best.mode}: {best.over_prepared} the speed of {PREPARED}{which}, "
            f"{best.over_source} that of the source"
        )
    return f"ship {best.mode}: {best.over_source} the speed of FP32"


def why_fp32(others: Sequence[Candidate], nearest: Candidate | None) -> str:
    """The headline where nothing is better than FP32."""
    said = "ship FP32: no other mode is shown to pass all its gates"
    if any(each.meets for each in others):
        said = "ship FP32: no other mode that passes its gates is shown to be faster"
    elif all(each.misses for each in others):
        said = "ship FP32: no other mode passes all its gates"
    if nearest is None:
        return said
    fast = f", at {nearest.over_source} its speed" if nearest.over_source else ""
    if nearest.misses:
        return f"{said}; nearest is {nearest.mode}{fast}, which {_fails(nearest)}"
    return f"{said}; nearest is {nearest.mode}{fast}: {nearest.doubts[0]}"


def why_unknown(untimed: Sequence[Candidate]) -> str:
    """The headline where no speed of those within their policy was measured."""
    named = [_with_size(each) for each in untimed[:_NAMED]]
    if len(untimed) > _NAMED:
        named.append(f"{len(untimed) - _NAMED} more")
    return (
        f"speed was not measured ({untimed[0].open_speed}), so none is recommended; within the "
        f"policy: {', '.join(named)}"
    )


def on_policy(best: Candidate, fp32: Candidate | None, sets: Sequence[str]) -> Iterator[str]:
    """What speaks for a mode besides its speed."""
    within = f"within its policy on {', '.join(sets)}"
    yield (
        f"{within}; nearest to a limit: {best.nearest}"
        if best.nearest
        else (f"{within}, which bounds nothing there")
    )
    if best.size_bytes is not None:
        of_fp32 = ""
        if fp32 and fp32.size_bytes:
            share = best.size_bytes / fp32.size_bytes
            of_fp32 = f", {share:.2f} of FP32's {fp32.size_bytes / MIB:.2f} MiB"
        yield f"{best.size_bytes / MIB:.2f} MiB{of_fp32}"
    if best.open_speed:
        yield f"whether it is as fast as it has to be was not decided: {best.open_speed}"


def why_not(other: Candidate, best: Candidate | None) -> str:
    """Why another mode than the best is not the one to ship."""
    fast = f", {other.over_source} the speed of FP32" if other.over_source else ""
    if other.misses:
        return f"{other.mode}{f'{fast},' if fast else ''} {_fails(other)}"
    if other.doubts:
        return f"{other.mode}{fast}: {other.doubts[0]}"
    if other.over_source is None:
        return f"{other.mode}: its speed was not measured ({other.open_speed})"
    if not other.is_faster:
        short = "too little to be worth a file" if other.mode == PREPARED else "not shown faster"
        return f"{other.mode}: {other.over_source} the speed of FP32, {short}"
    if other.mode == PREPARED:
        return f"{other.mode} computes what FP32 does at {other.over_source} its speed"
    if best and ties(other, best) and other.faithfulness <= best.faithfulness:
        return (
            f"{other.mode} is as fast within the intervals, {other.over_source}, and no more "
            f"faithful: worst cosine to FP32 {other.faithfulness:.4f} against "
            f"{best.faithfulness:.4f}"
        )
    return f"{other.mode} passes its gates too and is slower than the fastest: {other.over_source}"


def ties(one: Candidate, fastest: Candidate) -> bool:
    """Whether the intervals of two speeds overlap."""
    a, b = one.over_source, fastest.over_source
    return a is not None and b is not None and a.overlaps(b)


def on_prepared(weighed: Sequence[Candidate], best: Candidate | None) -> Iterator[str]:
    """What FP32 gains by being rewritten, where it was timed and not gated."""
    if any(each.mode == PREPARED for each in weighed):
        return
    for each in (best, *weighed):
        if each and each.prepared and each.prepared.surely_above(WORTH_A_FILE):
            slower = best and best.over_prepared and best.over_prepared.surely_below(1)
            than = f", faster than {best.mode}" if best and slower else ""
            yield (
                f"{PREPARED} computes what FP32 does at {each.prepared} its speed{than}; it was "
                f"timed and not gated: gate it with --modes=fp32,{PREPARED}"
            )
            return


def _fails(candidate: Candidate) -> str:
    return f"fails for {'; '.join(candidate.misses)}"


def _with_size(candidate: Candidate) -> str:
    if candidate.size_bytes is None:
        return candidate.mode
    return f"{candidate.mode} ({candidate.size_bytes / MIB:.2f} MiB)"
