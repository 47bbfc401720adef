"""The layers' part of the page: which bars there are, what they say, and of which artifact."""

import re
import xml.etree.ElementTree as ET

import pytest
from layers import layer, layers
from records import ENVIRONMENT, measured, record

from suite.catalog.gate import Gate
from suite.judging.record import Record
from suite.report.html.layer_costs import BARS, layers_part
from suite.report.html.page import to_html
from suite.report.layers import Layers, WeighedLayers
from suite.report.model import Report
from suite.report.verdict import make_report

SVG = "{http://www.w3.org/2000/svg}"
MANY = [layer(f"conv{n:03}", alone=n * 1e-6) for n in range(1, 131)]


def page(*found: Layers, records: tuple[Record, ...] = (), unread: tuple[str, ...] = ()) -> str:
    report: Report = make_report(ENVIRONMENT, records, complete=True, require_all=False)
    weighed = WeighedLayers(found=found, unread=unread)
    return to_html(report.model_copy(update={"layers": weighed}))


def bars(found: Layers, records: tuple[Record, ...] = ()) -> list[tuple[str, float, str]]:
    """The class of each bar, how wide it is, and what it says."""
    svg = str(layers_part(found, records).svg)
    root = ET.fromstring(svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))
    return [
        (group.get("class", ""), float(group.find(f"{SVG}rect").get("width")), group[0].text)
        for group in root.iter(f"{SVG}g")
        if "bar" in group.get("class", "")
    ]


def run(artifact: str, source: str = "b" * 64, recipe: str = "c" * 64) -> Record:
    found = measured(Gate.ARTIFACT, identity={"source": source, "recipe": recipe})
    hashes = {"artifact": artifact, "source": source}
    return record(mode="int8", measured=found, hashes=hashes)


def test_the_worst_twenty_are_bars_as_long_as_what_they_lose_and_the_rest_is_counted() -> None:
    found = bars(layers(*MANY))
    assert len(found) == BARS
    assert [said.split(":")[0] for _, _, said in found] == [f"conv{n}" for n in range(130, 110, -1)]
    (_, first, _), *_, (_, last, _) = found
    assert last / first == pytest.approx(111 / 130, abs=0.01)
    part = layers_part(layers(*MANY), ())
    assert part.caption.endswith("; 110 layers that lose less are in the table.")
    assert len(part.rows) == 130


def test_a_bar_says_all_that_was_measured_of_its_layer() -> None:
    ((kind, _, said),) = bars(layers(layer("conv1", alone=1.5e-4, share=0.25)))
    assert kind == "point bar m1"
    assert said == (
        "conv1: 1 − cosine 1.50e-04 alone in 8 bits, SQNR 30.0 dB, 0.200 ms in 8 bits, 0.500 ms "
        "in float, 25.0% of the multiply-accumulates"
    )


def test_names_of_one_ending_are_told_apart_on_their_bars() -> None:
    ending = "/BatchNorm/FusedBatchNorm"
    names = [f"MobileFaceNet/Conv2d_4_InvResBlock_{n}/SeparableConv2d{ending}" for n in range(3)]
    found = layers(*(layer(name) for name in names))
    shown = re.findall(r"…[^ <]+", str(layers_part(found, ()).svg))
    assert len(set(shown)) == 3 and not any(ending in name for name in shown)
    ((_, _, told), *_) = bars(found)
    assert told.startswith(names[0])
    alone = layers(layer(names[0]))
    assert f"{ending}  " in str(layers_part(alone, ()).svg)


def test_what_is_better_and_no_slower_in_float_is_marked_in_chart_and_table() -> None:
    free = layer("first", in_float=5e-4, float_ms=0.1)
    found = layers(layer("conv1"), free)
    kinds = {said.split(":")[0]: (kind, said) for kind, _, said in bars(found)}
    assert kinds["first"][0] == "point bar free"
    assert kinds["first"][1].endswith(", clearly nearer to FP32 in float, and not clearly slower")
    assert kinds["conv1"][0] == "point bar m1"
    part = layers_part(found, ())
    assert [(row[0], row[1], row[-1]) for row in part.rows] == [
        ("1", "conv1", ""),
        ("2", "first", "better, not slower"),
    ]
    assert "likewise, clearly nearer to FP32 in float, and not clearly slower" in page(found)
    assert "likewise, clearly" not in page(layers())


@pytest.mark.parametrize(
    ("found", "records", "said"),
    [
        (layers(), (), "; this report has no artifact of this case on that profile."),
        (layers(profile="cpu-vnni"), (run("a" * 64),), "has no artifact of this case"),
        (layers(), (run("a" * 64),), "Of the artifact with the SHA-256 aaaaaaaaaaaa…, which this "),
        (
            layers(source_sha256="b" * 64, recipe_sha256="c" * 64),
            (run("d" * 64),),
            "This run measured another (dddddddddddd…), as is expected: explain builds one of its "
            "own of the same source by the same recipe, of which 48 faces set the ranges",
        ),
        (
            layers(source_sha256="e" * 64, recipe_sha256="c" * 64),
            (run("d" * 64),),
            "is of another source than the one that this run measured (dddddddddddd…): run "
            "face-quant-gate explain again.",
        ),
        (
            layers(source_sha256="b" * 64, recipe_sha256="e" * 64),
            (run("d" * 64),),
            "is of another recipe than",
        ),
        (
            layers(calibrated_on=None, source_sha256="b" * 64),
            (run("d" * 64),),
            "This run measured another (dddddddddddd…): run face-quant-gate explain again.",
        ),
    ],
)
def test_it_says_of_which_artifact_they_are_beside_that_of_the_run(found, records, said) -> None:
    part = layers_part(found, records)
    assert said in part.said[1]
    assert part.said[0].startswith("Weighed by face-quant-gate explain on 32 faces")


def test_a_source_that_is_no_float32_is_called_what_it_is() -> None:
    of = run("a" * 64).model_copy(update={"precision": "float16"})
    free = layers(layer("first", in_float=5e-4, float_ms=0.1))
    part = layers_part(free, (of,))
    assert not re.search("FP32", f"{part.svg}{part.said}{part.caption}")
    assert "nearer to float16 source" in part.svg


def test_nothing_lost_and_long_names_can_be_drawn_too() -> None:
    name = "/backbone/layer4/layer4.2/conv3/Conv_with_a_long_name"
    ((_, width, said),) = bars(layers(layer(name, alone=-1e-7)))
    assert width == 1.0
    assert said.startswith(name)


def test_the_mode_that_loses_most_comes_first_and_what_cannot_be_read_before_it() -> None:
    text = page(
        layers(mode="near", loss=1e-4), layers(mode="far", loss=1e-2), unread=("layers/x is bad",)
    )
    part = text[text.index('id="layers"') : text.index('id="rows"')]
    found = ["layers/x is bad.", "<h3>m far</h3>", "<h3>m near</h3>"]
    assert [part.index(each) for each in found] == sorted(part.index(each) for each in found)
    assert '<a href="#layers">Layers</a>' in text
    assert 'id="layers"' not in page()


def test_many_models_stay_within_their_share_of_the_page() -> None:
    text = page(*(layers(*MANY, model=f"m{n}") for n in range(60)))
    assert re.search(r"\d+ more that lose less are in the folder layers", text)
    assert len(text.encode()) < 400_000


def test_names_of_layers_stay_words() -> None:
    text = page(layers(layer("<script>alert(1)</script>\"'&")))
    assert text.count("<script>") == 1
