"""``report.html`` in a browser: alone, in each light, on a phone, by keyboard, on paper."""

from pathlib import Path

import pytest
from drawn_records import drawn_records
from layers import layer, layers
from records import ENVIRONMENT, record, row

from suite.catalog.gate import Gate
from suite.judging.outcome import Outcome
from suite.report.history_line import past_runs
from suite.report.html.page import to_html
from suite.report.layers import WeighedLayers
from suite.report.verdict import make_report

ROWS = tuple(
    row(metric, outcome, reference=0.9, value=value)
    for metric, outcome, value in [
        ("accuracy", Outcome.PASS, 0.9),
        ("roc_auc", Outcome.FAIL, 0.5),
        ("eer", Outcome.UNDECIDED, 0.95),
    ]
)
LAYERS = [
    layer(f"/layer1/layer1.0/conv{n}/Conv", alone=n * 1e-5, in_float=5e-4, float_ms=n * 0.01)
    for n in range(1, 41)
]
PHONE = {"width": 375, "height": 700}


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> str:
    red = record(Gate.VERIFICATION, Outcome.FAIL, "not as accepted", dataset="d", rows=ROWS)
    report = make_report(
        ENVIRONMENT, [red, *drawn_records(models=2)], complete=True, require_all=False
    )
    weighed = WeighedLayers(found=(layers(*LAYERS),))
    report = report.model_copy(update={"history": past_runs(report) * 3, "layers": weighed})
    path = Path(tmp_path_factory.mktemp("page")) / "report.html"
    path.write_text(to_html(report), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def page(chromium, file: str):
    context = chromium.new_context()
    opened = context.new_page()
    said, asked = [], []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("request", lambda request: asked.append(request.url))
    opened.goto(file)
    yield opened
    assert said == [], "the console is silent"
    assert [url for url in asked if url != file and not url.startswith("data:")] == []
    context.close()


def rows(page) -> list[list[str]]:
    return page.eval_on_selector_all(
        "#rows tbody tr:not([hidden])",
        "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))",
    )


def test_a_click_on_a_header_sorts_by_it_and_again_the_other_way(page) -> None:
    assert [cells[-1] for cells in rows(page)] == ["fail", "undecided", "pass"]
    header = page.get_by_role("button", name="measured")
    header.click()
    assert [float(cells[7]) for cells in rows(page)] == [0.5, 0.9, 0.95]
    header.click()
    assert [float(cells[7]) for cells in rows(page)] == [0.95, 0.9, 0.5]
    assert page.locator("#rows th[aria-sort=descending]").inner_text().startswith("measured")


def test_the_keyboard_sorts_too(page) -> None:
    page.get_by_role("button", name="metric").focus()
    page.keyboard.press("Enter")
    assert [cells[4] for cells in rows(page)] == ["Accuracy", "EER", "ROC AUC"]


def test_words_and_an_outcome_filter_the_rows(page) -> None:
    page.get_by_label("Filter").fill("eer verif")
    assert [cells[4] for cells in rows(page)] == ["EER"]
    assert page.locator("#rows output").inner_text() == "1 of 3 rows"
    page.get_by_label("Filter").fill("")
    page.get_by_label("Outcome").select_option("fail")
    assert [cells[-1] for cells in rows(page)] == ["fail"]
    page.get_by_label("Filter").press("Enter")
    assert page.url.endswith("report.html")


def contrast(page, selector: str) -> float:
    """Between an element's text and the paper behind it, as WCAG 2.2 reckons it."""
    return page.eval_on_selector(
        selector,
        """element => {
          const parts = colour => colour.match(/[\\d.]+/g).map(Number);
          let behind = element;
          while (behind && parts(getComputedStyle(behind).backgroundColor)[3] === 0)
            behind = behind.parentElement;
          const light = colour => parts(colour).slice(0, 3).map(v => v / 255)
            .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
            .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
          const both = [light(getComputedStyle(element).color),
                        light(getComputedStyle(behind || document.body).backgroundColor)];
          return (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
        }""",
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_words_can_be_read_in_both_lights(page, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    paper = page.eval_on_selector("body", "body => getComputedStyle(body).backgroundColor")
    assert paper == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(14, 17, 22)")
    for selector in (
        "h1",
        ".on",
        "h1 .pill",
        ".card li",
        ".note",
        "a",
        ".matrix td b",
        ".pill.o-fail",
        "thead th",
        "figcaption",
        ".legend li",
        "code",
        "#layers li",
        "#layers summary",
    ):
        assert contrast(page, selector) >= 4.5, selector


def test_a_phone_shows_all_without_moving_the_page_sideways(page) -> None:
    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.locator("h1").bounding_box()["y"] < 100
    first = page.locator(".scales svg").first.bounding_box()
    assert first["x"] >= 0 and first["x"] + first["width"] <= PHONE["width"]


@pytest.mark.parametrize("width", [360, 1300])
def test_an_axis_s_words_lie_on_none_of_its_figures(page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 780})
    apart = page.eval_on_selector_all(
        "figure:not(.small) svg",
        """charts => charts.filter(chart => chart.checkVisibility()).map(chart => {
            const box = text => text.getBoundingClientRect();
            const label = box(chart.querySelector("text.label[transform]"));
            const figures = [...chart.querySelectorAll("text[text-anchor=end]")].map(box);
            return Math.min(...figures.map(each => each.left)) - label.right;
        })""",
    )
    assert len(apart) > 2
    assert min(apart) > 0


def test_the_keyboard_reaches_the_report_its_points_and_its_axes(page) -> None:
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the report"
    point = page.locator(".scales .deviate g.point").first
    point.focus()
    assert "FMR ≤ 0.001" in page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert point.locator(".tip").is_visible()
    assert not page.locator(".scales .deviate g.point .tip").nth(1).is_visible()
    chart = page.locator("figure.scales").first
    assert chart.locator(".deviate").is_visible() and not chart.locator(".logarithms").is_visible()
    chart.locator("input").first.focus()
    page.keyboard.press("ArrowRight")
    assert chart.locator(".logarithms").is_visible() and not chart.locator(".deviate").is_visible()
    other = page.locator("figure.scales").nth(1)
    assert other.locator(".deviate").is_visible()


def test_the_keyboard_reaches_each_bar_of_the_layers_and_its_words_lie_within_the_page(
    page,
) -> None:
    page.set_viewport_size(PHONE)
    bars = page.locator("#layers g.bar")
    assert bars.count() == 20
    for place in (0, 19):
        bar = bars.nth(place)
        bar.focus()
        assert bar.get_attribute("aria-label").startswith(f"/layer1/layer1.0/conv{40 - place}/Conv")
        tip = bar.locator(".tip text").bounding_box()
        assert tip["x"] >= 0 and tip["x"] + tip["width"] <= PHONE["width"]
        # It hides neither its own bar nor what that is called.
        assert tip["y"] + tip["height"] <= bar.locator("> text").bounding_box()["y"] + 1
    page.keyboard.press("Shift+Tab")
    assert "conv22/Conv" in page.evaluate("document.activeElement.getAttribute('aria-label')")


def test_a_label_of_a_bar_lies_within_the_chart_on_a_phone(page) -> None:
    page.set_viewport_size(PHONE)
    chart = page.locator("#layers .bars > svg").bounding_box()
    for label in page.locator("#layers g.bar > text").all():
        found = label.bounding_box()
        assert found["x"] + found["width"] <= chart["x"] + chart["width"]


def test_the_layers_sort_by_numbers_and_by_name(page) -> None:
    def column(place: int) -> list[str]:
        cells = page.locator(f"#layers tbody td:nth-child({place})")
        return cells.all_inner_texts()

    page.locator("#layers summary").click()
    assert column(1)[:3] == ["1", "2", "3"]
    header = page.locator("#layers").get_by_role("button", name="alone in 8 bits")
    header.click()
    header.click()
    assert [float(each) for each in column(5)[:2]] == [4e-4, 3.9e-4]
    assert column(1)[:2] == ["40", "39"]
    page.locator("#layers").get_by_role("button", name="layer", exact=True).click()
    assert column(2)[:2] == ["/layer1/layer1.0/conv1/Conv", "/layer1/layer1.0/conv10/Conv"]
    page.locator("#layers").get_by_role("button", name="no.").click()
    assert column(1)[:3] == ["1", "2", "3"]


def test_links_within_the_page_lead_somewhere(page) -> None:
    for link in page.locator("nav a, .matrix a, .card a").all():
        target = link.get_attribute("href")
        link.click()
        assert page.locator(target).count() == 1
        assert page.url.endswith(target)


def test_paper_has_no_controls_and_no_passing_rows(page) -> None:
    page.emulate_media(media="print")
    for selector in ("nav", "form.filter", ".switch"):
        assert not page.locator(selector).first.is_visible(), selector
    assert page.locator(".printed").is_visible()
    assert page.locator("#rows tbody tr.o-pass").first.is_hidden()
    assert page.locator("#rows tbody tr.o-fail").first.is_visible()
    # What is folded on a screen is printed.
    assert page.locator("details table").first.is_visible()
    assert page.pdf()[:5] == b"%PDF-"


def test_the_policy_refuses_what_is_not_the_page_s_own(chromium, file: str) -> None:
    opened = chromium.new_page()
    opened.goto(file)
    refused = opened.evaluate(
        """async () => {
          const found = [];
          document.addEventListener("securitypolicyviolation",
                                    event => found.push(event.effectiveDirective));
          const script = document.createElement("script");
          script.textContent = "window.ran = true";
          document.body.append(script);
          await fetch("https://example.org/").catch(() => 0);
          document.body.append(Object.assign(new Image(), {src: "https://example.org/x.png"}));
          await new Promise(done => setTimeout(done, 200));
          return [found.sort(), window.ran ?? false];
        }"""
    )
    assert refused == [["connect-src", "img-src", "script-src-elem"], False]
    opened.close()
