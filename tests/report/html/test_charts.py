"""What charts draw: where points lie, and what they say."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest
from drawn_records import GENUINE, IMPOSTORS, MODES, drawn_records, roc
from hypothesis import given
from hypothesis import strategies as st
from records import measured, record

from suite.catalog.gate import Gate
from suite.judging.outcome import Outcome
from suite.report.cases import rows
from suite.report.html.axis import Axis, Scale
from suite.report.html.closeness import cosines
from suite.report.html.det import det
from suite.report.html.kinds import STYLES, styles
from suite.report.html.model_part import model_part, sets_of
from suite.report.html.plot import Plot
from suite.report.html.scores import histogram
from suite.report.html.tradeoff import tradeoff

RECORDS = list(drawn_records())
VERIFIED = [r for r in RECORDS if r.gate is Gate.VERIFICATION]
KINDS = styles(RECORDS)
SVG = "{http://www.w3.org/2000/svg}"


def parsed(svg: str) -> ET.Element:
    return ET.fromstring(str(svg).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


def titles(svg: str) -> list[str]:
    return [each.text or "" for each in parsed(svg).iter(f"{SVG}title")]


def circle(svg: str, said: str) -> tuple[float, float]:
    """The centre of the point whose words begin so."""
    for group in parsed(svg).iter(f"{SVG}g"):
        found = group.find(f"{SVG}circle")
        if found is not None and (group.findtext(f"{SVG}title") or "").startswith(said):
            return float(found.get("cx", "")), float(found.get("cy", ""))
    raise AssertionError(said)


def test_fp32_has_a_style_of_its_own_and_a_mode_has_one_in_every_chart() -> None:
    assert KINDS == {"fp32": "m0", "int8_dynamic": "m1", "int8_static_qdq": "m2"}
    own = [record(Gate.FINGERPRINT, mode="float"), record(mode="fp32"), record(mode="int8")]
    assert styles(own) == {"float": "m0", "fp32": "m1", "int8": "m2"}
    many = styles(record(mode=f"mode-{n}") for n in range(20))
    assert set(many.values()) == {f"m{n}" for n in range(1, STYLES + 1)}


@pytest.mark.parametrize("scale", [Scale.DEVIATE, Scale.LOG])
def test_a_det_point_lies_at_its_exact_rates_between_axes_that_end_at_three_of_n(scale) -> None:
    svg = det(VERIFIED, "listed", KINDS, scale)
    assert svg is not None
    point = roc(1).tar_at_far(1e-3)
    across = Axis(3 / IMPOSTORS, 0.5, scale)
    x, _ = circle(svg, "int8_dynamic at FMR ≤ 0.001: ")
    assert x == pytest.approx(66 + 380 * across.at(point.false_accepts / IMPOSTORS), abs=0.06)
    (said,) = [t for t in titles(svg) if t.startswith("int8_dynamic at FMR")]
    rejected = round((1 - point.tar) * GENUINE)
    assert f"FNMR {rejected / GENUINE:.4f} ({rejected:,} of 3,000)" in said
    assert f"({point.false_accepts:,} of 30,000)" in said
    assert f"FNMR 95 % {1 - point.tar - 0.005:.4f} … {1 - point.tar + 0.01:.4f}" in said
    assert any(
        "int8_dynamic at FP32's threshold for FMR ≤ 0.001: FMR 0.000667" in t for t in titles(svg)
    )


def test_a_rate_of_zero_is_drawn_at_the_bound() -> None:
    svg = det(VERIFIED, "listed", KINDS, Scale.LOG)
    ends = [
        [float(v) for v in re.findall(r"[\d.]+", path.get("d", ""))]
        for path in parsed(svg).iter(f"{SVG}path")
        if (path.get("class") or "").startswith("line")
    ]
    assert len(ends) == len(MODES)
    # From no false accept, at the left end, to no false reject, at the lower one.
    assert all(line[0] == 66.0 and line[-1] == 278.0 for line in ends)


def test_a_curve_that_leaves_the_axis_of_fmr_does_not_drop_at_its_end() -> None:
    accepted = list(range(101))
    curve = {
        **{"genuine": 100, "impostors": 100, "threshold": [n / 50 for n in accepted]},
        **{"fmr": [n / 100 for n in accepted], "fnmr": [1 - n / 100 for n in accepted]},
        **{"false_accepts": accepted, "false_rejects": accepted[::-1]},
    }
    made = measured(Gate.VERIFICATION, "d", curves={"listed": curve})
    svg = det([record(Gate.VERIFICATION, dataset="d", measured=made)], "listed", KINDS, Scale.LOG)
    (line,) = (
        path.get("d", "")
        for path in parsed(svg).iter(f"{SVG}path")
        if (path.get("class") or "").startswith("line")
    )
    last = float(re.findall(r"[\d.]+", line)[-1])
    # FNMR is 0.5 there, far above the lower end of its axis, which is at 278.
    assert last < 100


def test_too_few_pairs_have_no_det_curve() -> None:
    curve = {
        "genuine": 5,
        "impostors": 5,
        "threshold": [1.0],
        "fmr": [0.2],
        "fnmr": [0.2],
        "false_accepts": [1],
        "false_rejects": [1],
    }
    few = record(
        Gate.VERIFICATION,
        dataset="d",
        measured=measured(Gate.VERIFICATION, "d", curves={"listed": curve}),
    )
    assert det([few], "listed", {"fp32": "m0"}, Scale.LOG) is None
    assert (
        det([record(Gate.VERIFICATION, dataset="d")], "listed", {"fp32": "m0"}, Scale.LOG) is None
    )


def test_a_histogram_has_the_mode_the_fp32_beneath_and_both_thresholds() -> None:
    svg = histogram(VERIFIED[1], VERIFIED[0], "listed", "m1")
    said = titles(svg)
    assert said[:4] == [
        "FP32: genuine pairs",
        "FP32: impostor pairs",
        "int8_dynamic: genuine pairs",
        "int8_dynamic: impostor pairs",
    ]
    threshold = roc(1).tar_at_far(1e-3).threshold
    assert said[4].startswith(f"int8_dynamic: threshold {threshold:.4f} at FMR ≤ 0.001, cosine ")
    assert said[5].startswith("FP32's threshold ")
    assert histogram(record(Gate.VERIFICATION, dataset="d"), None, "listed", "m0") is None


def test_the_farthest_images_are_points_of_their_line() -> None:
    close = [r for r in RECORDS if r.gate is Gate.FIDELITY]
    svg = cosines(close, KINDS)
    worst = close[0].measured.closeness.worst
    said = titles(svg)
    for place, image in enumerate(worst, start=1):
        assert (
            f"int8_dynamic: {image.image}, cosine {image.cosine:.5f}, number {place} from the end"
        ) in said
    first, second = (
        circle(svg, f"int8_dynamic: {worst[0].image},"),
        circle(svg, f"int8_dynamic: {worst[1].image},"),
    )
    assert first[0] < second[0] and first[1] <= second[1]
    assert cosines([], KINDS) is None


def test_a_mode_lies_at_its_latency_and_its_area_is_its_size() -> None:
    svg = tradeoff(rows(RECORDS), KINDS)
    fp32, static = circle(svg, "fp32: "), circle(svg, "int8_static_qdq: ")
    assert static[0] < fp32[0]
    radii = [float(each.get("r", "")) for each in parsed(svg).iter(f"{SVG}circle")]
    assert max(radii) ** 2 / min(radii) ** 2 == pytest.approx(4, rel=0.02)
    assert tradeoff(rows(RECORDS[:1]), KINDS) is None


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=60))
def test_a_thinned_line_stays_within_a_third_of_a_unit(points) -> None:
    plot = Plot("t", Axis(0, 1), Axis(0, 1), "x", "y")
    points = sorted(points)
    plot.line(points, "m0", "said")
    kept = [
        tuple(map(float, pair.split()))
        for pair in re.search(r'd="M([^"]*)"', plot.drawn[0])[1].split("L")
    ]
    for point in points:
        assert _distance(plot.place(*point), kept) < 0.3 + 0.1


def _distance(point, line) -> float:
    if len(line) == 1:
        return float(np.hypot(*(np.subtract(point, line[0]))))
    found = []
    for a, b in zip(np.array(line), np.array(line[1:]), strict=False):
        ab, ap = b - a, np.array(point) - a
        share = np.clip(ap @ ab / (ab @ ab), 0, 1) if ab @ ab else 0.0
        found.append(float(np.hypot(*(ap - share * ab))))
    return min(found)


def test_words_beside_points_lie_on_no_others_where_there_is_room() -> None:
    plot = Plot("t", Axis(0, 1), Axis(0, 1), "x", "y")
    for y in (0.5, 0.51):
        plot.point(0.5, y, "m0", "said")
    for y in (0.5, 0.51):
        plot.words(0.5, y, "some mode", "m0", radius=4.5)
    places = [
        (float(t.get("x", "")), float(t.get("y", "")))
        for t in parsed(plot.svg).iter(f"{SVG}text")
        if (t.get("class") or "").startswith("beside")
    ]
    assert len(places) == 2
    assert abs(places[0][1] - places[1][1]) >= 11 or abs(places[0][0] - places[1][0]) > 50


def test_without_fp32_no_scores_are_called_fp32_s() -> None:
    said = titles(histogram(VERIFIED[1], None, "listed", "m1"))
    assert said[:2] == ["int8_dynamic: genuine pairs", "int8_dynamic: impostor pairs"]


def test_what_is_kept_lies_within_the_chart_however_bad_it_is() -> None:
    measured_ = VERIFIED[1].measured
    (point,) = measured_.thresholds
    kept = point.kept.model_copy(update={"false_rejects": int(0.7 * GENUINE)})
    bad = measured_.model_copy(update={"thresholds": (point.model_copy(update={"kept": kept}),)})
    svg = det(
        [VERIFIED[0], VERIFIED[1].model_copy(update={"measured": bad})], "listed", KINDS, Scale.LOG
    )
    (path,) = [
        group.find(f"{SVG}path").get("d")
        for group in parsed(svg).iter(f"{SVG}g")
        if "kept" in (group.get("class") or "")
    ]
    assert float(path.split("l")[0].split()[1]) > 14.5


def test_modes_are_set_against_each_other_on_one_set() -> None:
    def of(mode: str, dataset: str, tar: float, fp32: float, outcome=Outcome.PASS):
        found = measured(
            Gate.VERIFICATION,
            dataset,
            figures={"tar_at_far_1e-3": tar},
            reference={"tar_at_far_1e-3": fp32} if mode == "int8" else {},
        )
        return record(Gate.VERIFICATION, outcome, dataset=dataset, mode=mode, measured=found)

    records = [
        of("fp32", "easy", 0.99, 0.99),
        of("fp32", "hard", 0.60, 0.60),
        of("int8", "easy", 0.98, 0.99),
        of("int8", "hard", 0.58, 0.60, Outcome.FAIL),
        *(
            record(mode=m, measured=measured(Gate.ARTIFACT, figures={"size_bytes": 1e6}))
            for m in ("fp32", "int8")
        ),
    ]
    assert sets_of(records, rows(records)) == ["hard", "easy"]
    part = model_part(records, None, rows(records), styles(records), [])
    assert part.tradeoff_set == "hard"
    said = titles(part.tradeoff)
    assert [words.split(",")[0] for words in said] == [
        "int8: TAR@FAR=1e-3 0.5800",
        "fp32: TAR@FAR=1e-3 0.6000",
    ]


def test_a_mode_s_latency_is_fp32_s_over_the_speed_up_that_was_timed_in_turn() -> None:
    cases = [
        replace(case, latency_ms=27.0) if case.mode == "int8_dynamic" else case
        for case in rows(RECORDS)
    ]
    assert circle(tradeoff(cases, KINDS), "int8_dynamic: ") == circle(
        tradeoff(rows(RECORDS), KINDS), "int8_dynamic: "
    )
