"""Makes the pictures of the report that the README and the docs show, of a real run.

    python tests/experiments/screenshots.py [REPORT_DIR] [--to docs/pictures]

Without a report it runs the job on the embedded default first. ``report-red.png`` is of a team's
branch that turns one model's colour order round. Needs the extra ``browser`` and Chromium, from
Debian's packages or by ``playwright install chromium``.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[2]
WIDE = {"width": 1200, "height": 900}
PHONE = {"width": 390, "height": 844}
# A sheet of A4 at 96 dots an inch.
SHEET = {"width": 794, "height": 1123}


def main() -> int:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("report", nargs="?", type=Path, help="folder of a report")
    parser.add_argument("--to", type=Path, default=ROOT / "docs" / "pictures")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = given.report or run(Path(made))
        given.to.mkdir(parents=True, exist_ok=True)
        take(page_of(folder), page_of(run_red(Path(made))), given.to)
    for picture in sorted(given.to.glob("report-*.png")):
        print(f"{picture}: {picture.stat().st_size / 1024:.0f} KiB")
    return 0


def page_of(folder: Path) -> str:
    """The address of a report's page."""
    return (folder / "report.html").resolve().as_uri()


def run(folder: Path, *options: str) -> Path:
    """The job, with its report in a folder."""
    command = [sys.executable, "-m", "pytest", "-q", f"--report-dir={folder}", *options]
    if subprocess.run(command, cwd=ROOT, check=False).returncode not in (0, 1):
        raise SystemExit("the job did not run: see above")
    return folder


def run_red(folder: Path) -> Path:
    """A team's branch whose card says another colour order than the one that is accepted."""
    team = folder / "team"
    for name in ("models", "datasets", "embedded"):
        shutil.copytree(ROOT / "fixtures" / name, team / name)
    shutil.copytree(ROOT / "baselines", team / "baselines")
    for words in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "accept"]):
        _git(team, *words)
    _git(team, "switch", "-q", "-c", "new-loader")
    card = team / "models" / "arcface-embedded.toml"
    text = card.read_text()
    assert 'color_order = "RGB"' in text, card
    card.write_text(text.replace('color_order = "RGB"', 'color_order = "BGR"'))
    some = "--models=arcface-embedded,facenet-embedded"
    return run(folder / "red", f"--catalog={team}", some, "-m", "not latency", "--base=main")


def _git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=team", "-c", "user.email=team@example.org")
    subprocess.run(["git", *who, *words], cwd=folder, check=True)


def take(green: str, red: str, to: Path) -> None:
    """Both pages from the top; the green one dark, its charts, on a phone and as printed too."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or None, args=["--no-sandbox"]
        )
        page = browser.new_page(viewport=WIDE)
        page.goto(red)
        page.screenshot(path=to / "report-red.png")
        page.goto(green)
        page.screenshot(path=to / "report-light.png")
        page.emulate_media(color_scheme="dark")
        page.screenshot(path=to / "report-dark.png")
        page.emulate_media(color_scheme="light")
        _charts(page, to)
        page.set_viewport_size(PHONE)
        page.evaluate("scrollTo(0, 0)")
        page.screenshot(path=to / "report-phone.png")
        page.set_viewport_size(SHEET)
        page.emulate_media(media="print")
        page.screenshot(path=to / "report-print.png")
        browser.close()


def _charts(page: Page, to: Path) -> None:
    """The first model that has charts."""
    part = page.locator("section.model", has=page.locator("figure.scales")).first
    box = part.bounding_box()
    assert box is not None, "a run that measured something has charts"
    clip = {"x": 0, "y": box["y"], "width": WIDE["width"], "height": min(box["height"], 1500)}
    page.screenshot(path=to / "report-charts.png", full_page=True, clip=clip)


if __name__ == "__main__":
    sys.exit(main())
