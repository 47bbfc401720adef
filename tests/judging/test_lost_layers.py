"""What is said of the layers of an artifact beside those of the accepted one."""

from collections.abc import Mapping

import pytest

from suite.judging import lost_layers as told

END = "; the rounding of what a layer reads counts as its own"
ACCEPTED = {"stem": 40.0, "a": 38.0, "b": 36.5, "c": 41.0, "d": 39.0, "head": 35.0}


def now(**changed: float | None) -> dict[str, float]:
    """The accepted figures with some changed; None leaves a layer out."""
    merged = {**ACCEPTED, **changed}
    return {name: value for name, value in merged.items() if value is not None}


def lost_layers(
    now: Mapping[str, float],
    accepted: Mapping[str, float],
    in_float: Mapping[str, float] | None = None,
) -> str:
    """What is said, without what is said of every layer."""
    return told.lost_layers(now, accepted, in_float or {}).replace(END, "")


def test_of_an_artifact_whose_layers_cannot_be_told_nothing_is_said() -> None:
    assert lost_layers({}, ACCEPTED) == lost_layers({}, {}) == ""


@pytest.mark.parametrize("b", [36.5, 35.6, 50.0])
def test_where_no_layer_lost_the_layers_are_not_blamed(b: float) -> None:
    assert lost_layers(now(b=b), ACCEPTED) == (
        "no layer lost as much as 1 dB against accepted: look at what the artifact is fed, and at "
        "this runtime"
    )


def test_one_layer_that_lost_is_named_with_both_figures() -> None:
    assert lost_layers(now(b=6.1), ACCEPTED) == (
        "lost most against accepted (signal-to-noise ratio): layer b (36.5 → 6.1 dB)"
    )


def test_several_are_named_the_worst_first_and_small_losses_not() -> None:
    assert lost_layers(now(a=20.0, c=11.0, d=37.9, stem=38.5), ACCEPTED) == (
        "lost most against accepted (signal-to-noise ratio): layer c (41.0 → 11.0 dB), a (38.0 → "
        "20.0 dB)"
    )


def test_of_many_the_first_three_are_named() -> None:
    accepted = {f"l{i}": 40.0 for i in range(12)}
    after = {**accepted, **{f"l{i}": 20.0 - i for i in range(5)}}
    said = lost_layers(after, accepted)
    assert said.endswith(
        "layer l4 (40.0 → 16.0 dB), l3 (40.0 → 17.0 dB), l2 (40.0 → 18.0 dB) and 2 more"
    )


def test_where_all_lost_alike_calibration_is_looked_at() -> None:
    after = {name: value - 6 - 0.1 * i for i, (name, value) in enumerate(ACCEPTED.items())}
    assert lost_layers(after, ACCEPTED) == (
        "all layers lost alike (signal-to-noise ratio, median 6.2 dB): look at calibration and "
        "preprocessing"
    )


def test_where_half_lost_much_they_are_named() -> None:
    after = now(a=26.0, c=29.0)
    assert lost_layers(after, ACCEPTED).endswith("layer a (38.0 → 26.0 dB), c (41.0 → 29.0 dB)")


def test_of_two_layers_both_are_named() -> None:
    said = lost_layers({"a": 20.0, "b": 19.0}, {"a": 40.0, "b": 40.0})
    assert said.endswith("layer b (40.0 → 19.0 dB), a (40.0 → 20.0 dB)")


def test_where_the_last_layer_alone_lost_the_embedding_alone_moved() -> None:
    assert lost_layers(now(head=9.0), ACCEPTED) == (
        "the embedding alone moved: its last layer head (35.0 → 9.0 dB) lost against accepted"
    )
    # Beside another it is one of those.
    assert lost_layers(now(head=9.0, c=20.0), ACCEPTED).startswith("lost most against accepted")


def test_layers_that_are_gone_are_said_beside_and_are_no_loss() -> None:
    nothing = "no layer lost as much as 1 dB against accepted: look at what the artifact is fed"
    said = lost_layers(now(b=None), ACCEPTED)
    assert said.startswith(nothing) and said.endswith("; of b it cannot be told")
    said = lost_layers({"c": 11.0, "head": 35.0}, ACCEPTED)
    assert said.endswith("layer c (41.0 → 11.0 dB); of stem, a, b and 1 more it cannot be told")


def test_a_layer_that_went_to_float_hides_none_that_lost() -> None:
    in_float = {"stem": 44.0, "a": 45.0, "b": 41.0, "d": 43.0}
    said = lost_layers({"c": 36.0, "head": 35.0}, ACCEPTED, in_float)
    assert said.endswith("layer c (41.0 → 36.0 dB)")


def test_a_layer_in_float_that_is_broken_is_named() -> None:
    first = {"first": 9.0}
    assert lost_layers(ACCEPTED, ACCEPTED, first) == (
        "lost most against accepted (signal-to-noise ratio): layer first (in float; 9.0 dB, 38.5 "
        "dB is usual in 8 bits)"
    )
    assert lost_layers(ACCEPTED, ACCEPTED, {"first": 60.0}).startswith("no layer lost")


def test_a_layer_that_is_in_8_bits_for_the_first_time_loses_what_is_unusual() -> None:
    assert lost_layers(now(new=38.0), ACCEPTED).startswith("no layer lost as much as 1 dB")
    said = lost_layers(now(new=20.0, c=23.0), ACCEPTED)
    assert "layer new (was not in 8 bits when accepted; 20.0 dB, 38.5 dB is usual" in said
    assert said.endswith(", c (41.0 → 23.0 dB)")


def test_where_all_go_by_other_names_nothing_is_compared() -> None:
    assert lost_layers({f"{name}_1": value for name, value in ACCEPTED.items()}, ACCEPTED) == (
        "none of its layers in 8 bits goes by the name of an accepted one, so that they cannot be "
        "compared"
    )


def test_layers_that_lost_alike_are_named_in_the_order_of_the_network() -> None:
    said = lost_layers(now(d=19.0, a=18.0), ACCEPTED)
    assert said.endswith("layer a (38.0 → 18.0 dB), d (39.0 → 19.0 dB)")
