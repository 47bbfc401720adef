"""Rows that contradict their protocol, the user's and made ones."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from suite.catalog.folder import read_catalog
from suite.catalog.model_card import ModelCard
from suite.reference.claim import Claim
from suite.reference.doubts import (
    Beside,
    another_size,
    another_speedup,
    as_slow_as_a_cpu,
    auc_against_accuracy,
    doubts_of,
    equal_tars,
    far_below_published,
    of_a_part,
    tar_against_accuracy,
)
from suite.reference.pair_counts import fewest_pairs
from suite.reference.reading import read_results
from suite.reference.table import Known

CATALOG = read_catalog()
TABLES = ("FaceNet (", "AdaFace", "ArcFace (LFW", "InsightFace")


def notes() -> list[Claim]:
    path = Path(__file__).with_name("notes.md")
    found = read_results(path, Known(CATALOG.modes, CATALOG.datasets)).claims
    return [replace(claim, dataset="lfw") for claim in found]


def table(words: str) -> list[Claim]:
    return [claim for claim in notes() if claim.about.startswith(words)]


def claim(mode: str = "fp32", dataset: str | None = "lfw", **known: float) -> Claim:
    """A row of a table ``t``; ``tar_3`` and ``tar_4`` stand for the long names."""
    names = {"tar_3": "tar_at_far_1e-3", "tar_4": "tar_at_far_1e-4"}
    speedup = known.pop("speedup", None)
    figures = {names.get(name, name): value for name, value in known.items()}
    decimals = dict.fromkeys(figures, 4)
    return Claim("f: line 1", "t", "made", mode, dataset, False, figures, decimals, speedup)


def alone(row: Claim) -> Beside:
    return Beside([row])


def card(name: str = "facenet-vggface2") -> ModelCard:
    return CATALOG.models[name]


def test_of_the_notes_each_contradiction_is_said_and_nothing_else() -> None:
    said = []
    for row in notes():
        own = [each for each in notes() if each.table == row.table]
        own = [row if each == row else each for each in own]
        others = [each for each in notes() if each.table != row.table]
        said += [
            (row.about.split()[0], row.mode, words)
            for words in doubts_of(row, Beside(own, others, card()))
        ]
    assert [(about, mode, words.split(":")[0][:35]) for about, mode, words in said] == [
        ("FaceNet", "fp32", "accuracy is 0.9683, and 0.9965 is p"),
        ("FaceNet", "int8_dynamic", "86.97 MiB is 0.97 of FP32's 89.61, "),
        ("AdaFace", "fp32", "accuracy is 0.8895, and 0.9965 is p"),
        ("ArcFace", "fp32", "accuracy is 0.9400, and 0.9965 is p"),
        ("InsightFace", "fp32", "accuracy is 0.9290, and 0.9965 is p"),
        ("InsightFace", "fp32", "every TAR and accuracy of its table"),
        ("InsightFace", "fp32", "TAR is 0.6240 at FAR=1e-3 and at FA"),
        ("InsightFace", "fp32", "42.30 ms is said to be a GPU's, and"),
        ("InsightFace", "int8_static_qdq", "TAR is 0.6260 at FAR=1e-3 and at FA"),
    ]


def test_the_built_in_rows_have_the_doubts_that_the_rules_give() -> None:
    cards = ("facenet-vggface2", "adaface-ir50-ms1mv2", "arcface-buffalo-l", "insightface-r50")
    kept = [row.doubts for name in cards for row in CATALOG.models[name].reference]
    given = []
    for words, name in zip(TABLES, cards, strict=True):
        own = table(words)
        others = [each for each in notes() if not each.about.startswith(words)]
        published = card(name) if card(name).published else None
        family = [each for each in CATALOG.models.values() if each.family == card(name).family]
        given += [doubts_of(row, Beside(own, others, published, family)) for row in own]
    assert given == kept


@pytest.mark.parametrize(
    ("words", "pairs"), list(zip(TABLES, (None, None, None, 500), strict=True))
)
def test_pairs_are_counted_from_the_digits(words: str, pairs: int | None) -> None:
    assert fewest_pairs(table(words), 3000) == pairs


def test_pairs_are_counted_from_json_which_drops_zeros(tmp_path: Path) -> None:
    gpu = {row.mode: {**row.figures, "dataset": "lfw"} for row in table("InsightFace")}
    (tmp_path / "results.json").write_text(json.dumps(gpu))
    known = Known(CATALOG.modes, CATALOG.datasets)
    found = read_results(tmp_path / "results.json", known).claims
    assert fewest_pairs(found, 3000) == 500
    for row in gpu.values():
        row["roc_auc"] = round(row["roc_auc"], 3)
    (tmp_path / "results.json").write_text(json.dumps(gpu))
    assert fewest_pairs(read_results(tmp_path / "results.json", known).claims, 3000) is None


def test_too_few_digits_say_nothing_of_the_pairs() -> None:
    few = [claim(accuracy=0.93, tar_3=0.62)]
    assert (
        fewest_pairs([replace(few[0], decimals={"accuracy": 2, "tar_at_far_1e-3": 2})], 3000)
        is None
    )
    assert fewest_pairs([claim(accuracy=0.93, tar_3=0.62)], 3000) == 50
    assert fewest_pairs([claim(tar_3=0.7857)], 3000) is None  # 11 of 14
    assert fewest_pairs([claim(accuracy=1.0, tar_3=1.0)], 3000) is None


def test_figures_of_the_whole_set_are_not_taken_for_a_part() -> None:
    row = claim(accuracy=round(5810 / 6000, 4), tar_3=round(2357 / 3000, 4), tar_4=0.7767)
    assert list(of_a_part(row, alone(row))) == []
    assert list(of_a_part(replace(row, dataset="ours"), alone(row))) == []


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (claim(tar_3=0.7857, tar_4=0.7857), "of 3,000 impostor pairs these allow 3 and 0"),
        (claim(dataset=None, tar_3=0.5, tar_4=0.5), "fewer than 1,000 impostor pairs"),
        (claim(tar_3=0.7857, tar_4=0.7767), None),
        (claim(tar_3=0.996, tar_4=0.996), None),
        (claim(tar_3=0.7857), None),
    ],
)
def test_equal_tars(row: Claim, words: str | None) -> None:
    said = list(equal_tars(row, alone(row)))
    assert (words in said[0]) if words else not said


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (claim(tar_3=0.90, tar_4=0.95), "it can only be as large or larger"),
        (claim(accuracy=0.96, tar_3=0.95), "is an accuracy of 0.9745 at that threshold"),
        (claim(accuracy=0.9983, tar_3=0.2), "is below 0.2941, the least"),
        (claim(accuracy=0.9998, tar_3=0.9), "is below 0.9996, the least"),
        (claim(accuracy=1.0, tar_3=1.0), None),
        (claim(accuracy=0.9848, tar_3=0.9413), None),
        (claim(accuracy=0.96, tar_3=0.95, dataset="ours"), None),
    ],
)
def test_tar_that_the_accuracy_excludes(row: Claim, words: str | None) -> None:
    said = list(tar_against_accuracy(row, alone(row)))
    assert (words in said[0]) if words else not said


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (claim(accuracy=0.97, roc_auc=0.90), "ROC AUC 0.9000 is outside 0.9400 … 0.9982"),
        (claim(accuracy=0.80, roc_auc=0.99), "is outside 0.6000 … 0.9200"),
        (claim(accuracy=0.5, roc_auc=0.5), None),
        (claim(accuracy=0.9683, roc_auc=0.9927), None),
    ],
)
def test_an_auc_that_the_accuracy_excludes(row: Claim, words: str | None) -> None:
    said = list(auc_against_accuracy(row, alone(row)))
    assert (words in said[0]) if words else not said


def test_a_gpu_as_slow_as_a_cpu() -> None:
    fast, cpu = claim(size_mib=166.31, latency_ms=2.5), claim(size_mib=166.5, latency_ms=36.86)
    gpu = replace(claim(size_mib=166.31, latency_ms=42.3), on_gpu=True)
    assert "42.30 ms is said to be a GPU's" in next(as_slow_as_a_cpu(gpu, Beside([gpu], [cpu])))
    for row, other in (
        (replace(fast, on_gpu=True), cpu),
        (replace(gpu, on_gpu=False), cpu),
        (gpu, replace(cpu, on_gpu=True)),
        (gpu, replace(cpu, figures={"size_mib": 89.61, "latency_ms": 7.35})),
        (replace(gpu, mode="int8_static_qdq"), cpu),
    ):
        assert list(as_slow_as_a_cpu(row, Beside([row], [other]))) == []


@pytest.mark.parametrize(("given", "wrong"), [(3.0, True), (1.88, False), (1.9, False)])
def test_a_speed_up_is_that_of_the_latencies(given: float, wrong: bool) -> None:
    fp32 = claim(latency_ms=7.35)
    row = claim("int8_static_qdq", latency_ms=3.92, speedup=given)
    said = list(another_speedup(row, Beside([fp32, row])))
    assert said == (
        ["the speed-up is given as 3.00, and the latencies give 7.35 / 3.92 = 1.88"]
        if wrong
        else []
    )


@pytest.mark.parametrize(
    ("mode", "size", "words"),
    [
        ("int8_dynamic", 86.97, "only 4% of the weights have 8 bits"),
        ("int8_static_qdq", 89.9, "only 0% of the weights have 8 bits"),
        ("int8_static_qdq", 11.2, "less than 8 bits a weight"),
        ("int8_static_qdq", 23.26, None),
        ("fp16", 44.9, None),
        ("fp16", 23.0, "less than 16 bits a weight"),
        ("int8_dynamic_matmul", 86.97, None),
        ("fp32", 89.61, None),
    ],
)
def test_a_size_is_that_of_the_bits(mode: str, size: float, words: str | None) -> None:
    fp32, row = claim(size_mib=89.61), claim(mode, size_mib=size)
    said = list(another_size(row, Beside([fp32, row])))
    assert (words in said[0]) if words else not said


def test_an_accuracy_beside_the_published_one() -> None:
    row = claim(accuracy=0.96)
    facenets = [each for each in CATALOG.models.values() if each.family == "facenet"]
    (own,) = far_below_published(row, Beside([row], card=card()))
    assert own.startswith("accuracy is 0.9600, and 0.9965 is published: ")
    (family,) = far_below_published(row, Beside([row], family=facenets))
    assert "0.9905 is published of facenet-casia-webface, the lowest of its family" in family
    for other in (claim(accuracy=0.98), claim(accuracy=0.96, dataset=None), claim(roc_auc=0.9)):
        assert list(far_below_published(other, Beside([other], card=card()))) == []
    int8 = claim("int8_dynamic", accuracy=0.9)
    assert list(far_below_published(int8, Beside([row, int8], card=card()))) == []
    assert list(far_below_published(row, Beside([row]))) == []
