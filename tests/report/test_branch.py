"""What a branch did to its gate, in sentences."""

from suite.judging.changes.change import Change, Kind
from suite.judging.changes.compared import Compared
from suite.report.branch import Effect, changed_identities, entries

CARD = "models/m.toml"
FP32 = "baselines/cpu/m/fp32.json"
INT8 = "baselines/cpu-vnni/m/int8.json"


def change(kind: Kind, harmful: bool, where: str, of: str, what: str, *moved: str) -> Change:
    before, after = moved or ("", "")
    return Change(
        kind=kind, harmful=harmful, where=where, of=of, what=what, before=before, after=after
    )


def figure(harmful: bool, what: str, before: str, after: str, where: str = FP32) -> Change:
    mode = where.rpartition("/")[2].removesuffix(".json")
    return change(Kind.FIGURE, harmful, where, f"m {mode} verification.lfw", what, before, after)


BGR = change(Kind.IDENTITY, True, CARD, "model m", "preprocess.color_order", '"RGB"', '"BGR"')


def said(*changes: Change) -> list[str]:
    found = entries(Compared(base="main", commit="a" * 40, changes=changes))
    return [f"{entry.effect}: {entry.said}" for entry in found]


def test_a_mistake_that_was_accepted_is_said_first_with_what_it_cost() -> None:
    changes = (
        figure(True, "Accuracy", "0.984667", "0.837667"),
        figure(True, "TAR@FAR=1e-3", "0.9440", "0.0490"),
        figure(True, "Size (bytes)", "100", "90000"),
        BGR,
    )
    first, second = said(*changes)
    assert first == (
        'identity changed: model m: preprocess.color_order "RGB" → "BGR" (models/m.toml); its '
        "baselines with it (1 file): TAR@FAR=1e-3 0.9440 → 0.0490 (m fp32 verification.lfw)"
    )
    assert second.startswith("accepted: m fp32 (cpu): 3 figures anew, 3 worse: TAR@FAR=1e-3")
    assert changed_identities(Compared(changes=changes)) == ["model m"]


def test_a_card_whose_baselines_stayed_says_so() -> None:
    assert said(BGR)[0].endswith("(models/m.toml); its baselines are as they were")


def test_the_gravest_effects_come_first() -> None:
    changes = (
        figure(False, "Accuracy", "0.98", "0.99"),
        change(Kind.LIMIT, True, CARD, "m int8 on lfw", "loss of Accuracy", "0.01", "0.05"),
        change(Kind.COVERAGE, True, CARD, "m fp16", "is gated no more"),
        change(Kind.CARD, False, CARD, "model m", "title", '"a"', '"b"'),
        BGR,
    )
    assert [line.partition(":")[0] for line in said(*changes)] == [
        effect.value for effect in Effect
    ]


def test_what_was_done_alike_is_one_sentence() -> None:
    gone = [change(Kind.COVERAGE, True, CARD, f"m{n} int8", "is gated no more") for n in range(9)]
    assert said(*gone) == [
        "dropped: m0 int8, m1 int8, m2 int8, m3 int8 and 5 more: is gated no more"
    ]


def test_a_first_acceptance_is_counted() -> None:
    new = [
        change(Kind.COVERAGE, False, INT8, f"m int8 {section}", "is accepted now")
        for section in ("artifact", "verification.lfw")
    ]
    assert said(*new) == ["accepted: for the first time: m int8, 2 sections"]


def test_what_a_baseline_alone_holds_otherwise_is_an_identity_too() -> None:
    moved = change(Kind.IDENTITY, True, INT8, "m int8 artifact", "source", "a" * 64, "b" * 64)
    assert said(moved) == [
        f"identity changed: what is accepted of m: source {'a' * 12}… → {'b' * 12}…"
    ]


def test_a_change_that_is_better_does_no_harm() -> None:
    (entry,) = entries(Compared(changes=(figure(False, "Accuracy", "0.98", "0.99"),)))
    assert (entry.effect, entry.harmful) == (Effect.ACCEPTED, False)
    assert entry.said == "m fp32 (cpu): 1 figure anew, 0 worse"


def test_of_what_was_accepted_the_greatest_loss_comes_first() -> None:
    mild = figure(True, "Accuracy", "0.98", "0.97")
    grave = figure(True, "Accuracy", "0.98", "0.60", INT8)
    assert [line.split()[2] for line in said(mild, grave)] == ["int8", "fp32"]
