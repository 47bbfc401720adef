"""The page: one file that fetches nothing, runs nothing that data says, and stays small."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest
from drawn_records import drawn_records
from many_records import many_records
from records import ENVIRONMENT, measured, record, row

from suite.catalog.gate import Gate
from suite.judging.changes.change import Change, Kind
from suite.judging.changes.compared import Compared
from suite.judging.outcome import Outcome
from suite.report.history_line import past_runs
from suite.report.html.page import LIMIT_BYTES, to_html
from suite.report.html.parts import Model, fitted_models
from suite.report.model import Report
from suite.report.verdict import make_report

EVIL = "<script>alert(1)</script>\"'&<img src=x onerror=y>"


def page(records, **rest) -> Report:
    update = {key: rest.pop(key) for key in ("compared", "history") if key in rest}
    return make_report(
        ENVIRONMENT, list(records), **{"complete": True, "require_all": False, **rest}
    ).model_copy(update=update)


class Seen(HTMLParser):
    """What tags a page has, and whether each ends."""

    VOID = frozenset(["meta", "link", "br", "input", "img"])
    # HTML ends these by what follows them.
    LEFT_OPEN = frozenset(["td"])

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag) -> None:
        while self.open and self.open[-1] != tag and self.open[-1] in self.LEFT_OPEN:
            self.open.pop()
        assert self.open and self.open.pop() == tag, tag

    def handle_data(self, data) -> None:
        self.words.append(data)


@pytest.fixture(scope="module")
def text() -> str:
    return to_html(page(drawn_records(models=2, sets=2)))


def test_every_tag_ends_and_no_id_comes_twice(text: str) -> None:
    seen = Seen(text)
    assert seen.open == []
    ids = [attrs["id"] for _, attrs in seen.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    links = [attrs["href"] for tag, attrs in seen.tags if tag == "a"]
    assert links and {link[1:] for link in links} <= set(ids)


def test_nothing_is_fetched_and_only_this_style_and_script_work(text: str) -> None:
    seen = Seen(text)
    for tag, attrs in seen.tags:
        assert not {"src", "srcset", "action", "formaction", "style"} & attrs.keys(), tag
        assert not any(name.startswith("on") for name in attrs), tag
        if "href" in attrs:
            assert attrs["href"].startswith("#") or attrs["href"] == "data:,"
    assert "url(" not in text and "@import" not in text and "http://" not in text
    (policy,) = [a["content"] for t, a in seen.tags if a.get("http-equiv")]
    assert policy.startswith("default-src 'none'; ")
    for tag in ("style", "script"):
        (inside,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_words_of_cards_files_and_models_stay_words() -> None:
    evil = [
        record(
            Gate.VERIFICATION,
            Outcome.FAIL,
            EVIL,
            mode="int8",
            dataset="d",
            notes=(EVIL,),
            rows=(row(outcome=Outcome.FAIL),),
            rerun=f"pytest {EVIL}",
            hashes={"dataset": EVIL},
        ),
        record(
            Gate.ARTIFACT, Outcome.UNDECIDED, EVIL, measured=measured(Gate.ARTIFACT, doubts=(EVIL,))
        ),
        *drawn_records(image=f"{{}}{EVIL}"),
    ]
    change = Change(
        kind=Kind.IDENTITY, harmful=True, where="models/m.toml", of=f"model {EVIL}", what=EVIL
    )
    report = page(evil, compared=Compared(base=EVIL, commit="0" * 40, changes=(change,)))
    text = to_html(report.model_copy(update={"outside": (EVIL,), "not_run": (EVIL,)}))
    seen = Seen(text)
    assert [tag for tag, _ in seen.tags].count("script") == 1
    assert not any(tag == "img" for tag, _ in seen.tags)
    assert "".join(seen.words).count("<script>alert(1)</script>") > 10


def test_verdict_causes_changes_and_what_is_open_come_before_all_tables() -> None:
    records = [
        record(
            Gate.FINGERPRINT,
            Outcome.FAIL,
            "not as accepted: FP32 embedding",
            notes=("likely cause: colour order",),
        ),
        record(Gate.VERIFICATION, Outcome.FAIL, "worker 'gw0' crashed", dataset="d", mode="int8"),
        record(Gate.LATENCY, Outcome.UNDECIDED, "the interval straddles the limit"),
        record(Gate.ARTIFACT, Outcome.SKIPPED, "weights are absent", model="absent"),
    ]
    accepted = Change(
        kind=Kind.FIGURE,
        harmful=True,
        where="baselines/p/m/int8.json",
        of="m int8",
        what="Accuracy",
        before="0.98",
        after="0.97",
    )
    text = to_html(
        page(records, compared=Compared(base="main", commit="1" * 40, changes=(accepted,)))
    )
    first = text[: text.index('id="matrix"')]
    for said in (
        "FAIL",
        "likely cause: colour order",
        "worker &#39;gw0&#39; crashed",
        "undecided",
        "skipped",
        "weights are absent",
        "Accuracy 0.98 → 0.97",
    ):
        assert said.lower() in first.lower(), said


def test_a_source_in_float16_is_called_fp32_nowhere_in_its_part() -> None:
    def part_of(precision: str) -> str:
        made = [r.model_copy(update={"precision": precision}) for r in drawn_records()]
        text = to_html(page(made))
        return text[text.index('<div id="models">') : text.index('id="rows"')]

    found = part_of("float16")
    assert not re.findall(r"[^>]{,40}\b(?:FP32|fp32)\b[^<]{,40}", found)
    for said in (
        "Cosine to float16 source by image",
        "float16 source&#39;s threshold",
        "latency, p50 (ms): float16 source&#39;s over the speed-up",
        "lines are the mode's, areas float16 source's",
        "d, float16 source",
    ):
        assert said in found, said
    assert "float16" not in part_of("float32")


def test_rows_come_red_first_with_their_outcome() -> None:
    rows = (row(), row("roc_auc", Outcome.FAIL), row("eer", Outcome.UNDECIDED))
    text = to_html(page([record(Gate.VERIFICATION, Outcome.FAIL, dataset="d", rows=rows)]))
    table = text[text.index('id="rows"') :]
    assert re.findall(r"<td>(fail|undecided|pass)</tr>", table) == ["fail", "undecided", "pass"]


def test_a_history_is_drawn_with_what_moved_first() -> None:
    report = page(drawn_records())
    runs = [run for _ in range(3) for run in past_runs(report)]
    moved = [
        case.model_copy(update={"figures": {**case.figures, "accuracy": 0.5}})
        if "accuracy" in case.figures
        else case
        for case in runs[0].cases
    ]
    history = (runs[0].model_copy(update={"cases": tuple(moved)}), *runs[1:])
    text = to_html(report.model_copy(update={"history": history}))
    part = text[text.index('id="runs"') : text.index('id="rows"')]
    assert part.index("moved 0.500000 → 0.990000, run of 2026-01-02 03:04") < part.index(
        "</figure>"
    )
    assert "4 runs, the last to the right" in part
    assert 'id="runs"' not in to_html(report)


@pytest.mark.parametrize(
    "report",
    [
        page([]),
        page([record()], complete=False),
        page([record(outcome=Outcome.FAIL)], planned=("x",)),
        page([record(Gate.VERIFICATION, dataset="d", measured=measured(Gate.VERIFICATION, "d"))]),
    ],
)
def test_a_run_with_little_has_a_whole_page(report: Report) -> None:
    assert Seen(to_html(report)).open == []


@pytest.mark.parametrize("made", [lambda: many_records(200, 4), lambda: drawn_records(60, 3)])
def test_a_large_catalog_stays_within_the_limit_and_counts_what_does_not_fit(made) -> None:
    text = to_html(page(made()))
    assert len(text.encode()) <= LIMIT_BYTES
    assert Seen(text).open == []
    assert re.search(r"\d+ more models, none of them worse, did not fit", text)


def test_each_model_s_worst_set_comes_before_more_sets_of_any() -> None:
    def model(name: str, sets: int) -> Model:
        return Model(sets, lambda count: name * count * 10)

    models = [model("a", 3), model("b", 1), model("c", 2)]
    sizes = {
        most: [str(text) for text in fitted_models(models, most).shown]
        for most in (29, 30, 49, 50, 60)
    }
    once = ["a" * 10, "b" * 10, "c" * 10]
    assert sizes == {
        29: once[:2],
        30: once,
        49: ["a" * 20, *once[1:]],
        50: ["a" * 20, "b" * 10, "c" * 20],
        60: ["a" * 30, "b" * 10, "c" * 20],
    }
    assert fitted_models(models, 29).more == 1
    assert fitted_models([model("a", 0)], 10).shown == ("a" * 10,)


def test_sets_that_do_not_fit_are_counted_below_their_model() -> None:
    text = to_html(page(drawn_records(models=4, sets=18)))
    assert 0.9 * LIMIT_BYTES < len(text.encode()) <= LIMIT_BYTES
    assert Seen(text).open == []
    shown = {f"model-{n}": text.count(f"<h3>model-{n} on set-") for n in range(4)}
    assert min(shown.values()) >= 1
    for name, count in shown.items():
        assert (f"{18 - count} more set" in text) == (count < 18)
        assert f"of {name}, none of them worse, did not fit into this page" in text or count == 18
    assert "more models, none of them worse, did not fit" not in text


def test_faces_are_shown_where_they_were_asked_for_and_the_page_says_what_it_holds() -> None:
    records = [
        r.model_copy(
            update={"measured": r.measured.model_copy(update={"pictures": {"name-left": "QUJD"}})}
        )
        if r.gate is Gate.VERIFICATION
        else r
        for r in drawn_records()
    ]
    text = to_html(page(records))
    pictures = [attrs for tag, attrs in Seen(text).tags if tag == "img"]
    assert {attrs["src"] for attrs in pictures} == {"data:image/jpeg;base64,QUJD"}
    assert "this report holds pictures of faces, which are biometric data" in text
    assert "biometric" not in to_html(page(drawn_records()))


def test_providers_stand_side_by_side_where_several_ran_a_model() -> None:
    records = [
        r.model_copy(
            update={"provider": provider, "profile": profile, "node": f"{r.node} {provider}"}
        )
        for provider, profile in (("cpu", "cpu-avx2"), ("openvino", "openvino-cpu-avx2"))
        for r in drawn_records()
    ]
    text = to_html(page(records))
    seen = Seen(text)
    assert seen.open == []
    ids = [attrs["id"] for _, attrs in seen.tags if "id" in attrs]
    assert {"providers", "model-model-0-cpu", "model-model-0-openvino"} <= set(ids)
    assert len(ids) == len(set(ids))
    part = text[text.index('id="providers"') : text.index('id="models"')]
    assert '<th scope="col">openvino</th>' in part and "latency p50, ms" in part
    assert 'id="providers"' not in to_html(page(drawn_records()))


def test_remarks_and_what_contradicts_the_rows_of_others_stand_under_the_figures() -> None:
    beside = {"title": "by others", "figures": {"accuracy": 0.94}, "doubts": ("far too low",)}
    found = measured(
        Gate.VERIFICATION,
        "d",
        figures={"accuracy": 0.99},
        beside=[beside],
        remarks=("3 images were left out",),
        described=("d: 9 pairs",),
    )
    text = to_html(page([record(Gate.VERIFICATION, dataset="d", measured=found)]))
    assert "<td>fp32, by others</td>" in text
    assert "<b>fp32, by others</b>: far too low" in text
    assert "<b>fp32</b>: 3 images were left out" in text
    assert '<p class="note">d: 9 pairs</p>' in text


def test_what_a_step_chose_is_told_step_by_step() -> None:
    steps = (
        {
            "step": "mix",
            "places": 1,
            "trace": ("all in 8 bits", "a<b in float"),
            "in_float": ("a<b",),
        },
    )
    found = measured(Gate.ARTIFACT, figures={"size_bytes": 1.0}, steps=steps)
    text = to_html(page([*drawn_records(), record(mode="int8_mixed", measured=found)]))
    assert "<summary>What mix chose in int8_mixed, step by step:</summary>" in text
    assert "<ol><li>all in 8 bits</li><li>a&lt;b in float</li></ol>" in text


def test_long_sayings_of_many_kinds_stay_within_the_limit() -> None:
    report = page(
        record(outcome=Outcome.FAIL, headline=f"{n} " + "é" * 30_000, mode=f"mode-{n}")
        for n in range(60)
    )
    long = tuple(f"{n} " + "é" * 60_000 for n in range(60))
    text = to_html(report.model_copy(update={"outside": long, "not_run": long}))
    assert len(text.encode()) <= LIMIT_BYTES
    assert "… and 20 more failures outside the gates" in text
