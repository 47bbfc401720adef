"""A team's own images in the job: pairs in a CSV, people's folders, images that are left out."""

import csv
import os
import pickle
import subprocess
from pathlib import Path

import pytest
from team import EMBEDDED, MODEL, SOME_PAIRS, Team, copy_catalog

from suite.catalog.gate import Gate
from suite.datasets.alignment.geometry import TEMPLATE
from suite.entry_points.commands.main import main
from suite.report.names import known_names
from suite.report.reading import read_report

PEOPLE = 'id = "embedded-evaluation"\nkind = "people"\nfolder = "../faces"\npairs_per_fold = 10\n'
CSV = 'id = "embedded-evaluation"\nkind = "csv"\nfolder = "../faces"\nfile = "../pairs.csv"\n'


@pytest.fixture
def team(cache: Path, tmp_path: Path) -> Team:
    """The embedded faces as files, 20 people's, one of them cut short; and pairs of them."""
    copy_catalog(tmp_path, MODEL)
    images, genuine = pickle.loads((EMBEDDED / "evaluation.bin").read_bytes())
    people = (EMBEDDED / "evaluation.identities.txt").read_text().splitlines()
    names: dict[bytes, str] = {}
    for image, person in zip(images[: 2 * SOME_PAIRS], people, strict=False):
        if image not in names:
            names[image] = f"{person}/{len(names):04d}.jpg"
            path = tmp_path / "faces" / names[image]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(image)
    with (tmp_path / "pairs.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["left", "right", "same"])
        for pair, same in enumerate(genuine[:SOME_PAIRS]):
            rows.writerow([names[images[2 * pair]], names[images[2 * pair + 1]], int(same)])
    victim = tmp_path / "faces" / names[images[0]]
    victim.write_bytes(victim.read_bytes()[:400])
    return Team(tmp_path, cache)


def dataset(team: Team) -> Path:
    return team.folder / "datasets" / "embedded-evaluation.toml"


@pytest.mark.parametrize(("kind", "more"), [(PEOPLE, 1), (CSV, 1)], ids=["people", "csv"])
def test_images_that_are_left_out_are_counted_in_the_report(team: Team, kind: str, more: int):
    dataset(team).write_text(kind + 'unreadable = "skip"\n')
    modes = "--modes=fp32,int8_dynamic"
    result = team.gates(modes, "--snapshot-update", "-k", "verification")
    assert result.returncode == 0, result.stdout
    records = [r for r in team.report["records"] if r["gate"] == "verification"]
    assert len(records) == 2
    for record in records:
        first, *others = record["measured"]["remarks"]
        assert first.endswith("has no picture that can be decoded: left out")
        assert len(others) == more
        assert first in team.markdown
        assert record["measured"]["figures"]["accuracy"] > 0.9


@pytest.mark.parametrize("workers", [(), ("-n", "1")])
def test_an_image_that_cannot_be_decoded_is_named_by_the_gate(
    team: Team, workers: tuple[str, ...]
) -> None:
    dataset(team).write_text(CSV)
    some = ("--modes=fp32", "-k", "verification", "--junitxml=junit.xml", *workers)
    said = "is cut short at 400 bytes; fetch the image again."
    victim = "p000/0000.jpg"
    result = team.gates(*some, "--report-names")
    assert result.returncode == 1
    assert f"{victim}: {said}" in result.stdout
    assert "names.json" not in result.stdout
    result = team.gates(*some)
    ((hidden, name),) = known_names(team.folder / "face-quant-report").items()
    assert name.endswith(victim)
    assert f"{hidden}: {said}" in result.stdout
    assert f"{hidden}: {said}" in (team.folder / "junit.xml").read_text()
    assert "names: face-quant-report/names.json has the images" in result.stdout
    assert victim not in result.stdout + (team.folder / "junit.xml").read_text()


@pytest.mark.parametrize("workers", [(), ("-n", "1")])
def test_names_that_are_no_utf8_end_in_a_report(team: Team, workers: tuple[str, ...]) -> None:
    dataset(team).write_text(PEOPLE + 'unreadable = "skip"\n')
    (victim,) = (path for path in (team.folder / "faces").rglob("*") if path.stat().st_size == 400)
    victim.rename(victim.with_name(os.fsdecode(b"caf\xe9.jpg")))
    for path in (team.folder / "faces").glob("*/*0.jpg"):
        path.rename(path.with_name(os.fsdecode(b"\xe9-" + path.name.encode())))
    identity = ("-c", "user.name=a", "-c", "user.email=a@b.example")
    for words in (("init", "-b", os.fsdecode(b"caf\xe9")), ("commit", "--allow-empty", "-m", "a")):
        subprocess.run(["git", *identity, *words], cwd=team.folder, check=True)
    some = ("--modes=fp32,int8_dynamic", "-k", "verification or fidelity", "--report-names")
    result = team.gates(*some, "--snapshot-update", *workers)
    assert result.returncode == 0, result.stdout
    report = read_report(team.folder / "face-quant-report")
    assert report.environment.branch == "caf\\udce9"
    named = [r.measured.said for r in report.records if r.gate is Gate.VERIFICATION]
    assert all(any("caf\\udce9.jpg" in each for each in said) for said in named)


def test_an_aligned_set_is_measured_and_kept_beside_the_artifacts(team: Team, tmp_path: Path):
    align = '[align]\nmethod = "margin"\ncentre = 100\nmargin = 0\nsize = 112\n'
    dataset(team).write_text(PEOPLE + 'unreadable = "skip"\n' + align)
    cache = tmp_path / "own-cache"
    team = Team(team.folder, cache)
    result = team.gates("--modes=fp32", "--snapshot-update", "-k", "verification")
    assert result.returncode == 0, result.stdout
    faces = len(list((team.folder / "faces").rglob("*.jpg")))
    assert len(list((cache / "aligned").rglob("*.png"))) == faces - 1


def test_faces_without_landmarks_count_as_failures_to_acquire(team: Team) -> None:
    images = sorted((team.folder / "faces").rglob("*.jpg"))
    points = ",".join(map(str, TEMPLATE.ravel()))
    named = [path.relative_to(team.folder / "faces").as_posix() for path in images[:-3]]
    (team.folder / "points.csv").write_text("".join(f"{name},{points}\n" for name in named))
    align = '[align]\nmethod = "landmarks"\nlandmarks = "../points.csv"\nmissing = "unaligned"\n'
    dataset(team).write_text(CSV + 'unreadable = "skip"\n' + align)
    some = ("--modes=fp32,int8_dynamic", "-k", "verification")
    assert team.gates(*some, "--snapshot-update").returncode == 0
    accepted = [path.read_text() for path in team.folder.rglob("baselines/**/*.json")]
    assert accepted
    assert '"fta"' not in "".join(accepted)
    assert team.gates(*some).returncode == 0
    records = [r for r in team.report["records"] if r["gate"] == "verification"]
    for record in records:
        # Of the others one cannot be decoded, and is no attempt.
        fta, frr = (record["measured"]["observed"][name] for name in ("fta", "frr_at_far_1e-3"))
        assert fta == 3 / (len(images) - 1)
        assert fta <= frr < 1
        assert f"FTA {fta:.5f} (3 of {len(images) - 1} images)" in team.markdown
    assert records[1]["measured"]["reference"]["fta"] == records[0]["measured"]["observed"]["fta"]


@pytest.mark.parametrize(
    ("card", "said"),
    [
        (CSV.replace("pairs.csv", "none.csv"), "key 'file': there is no '../none.csv' (looked at"),
        (CSV + 'foldz = 3\n', "unknown key 'foldz'; did you mean 'folds'?"),
        (CSV.replace('"csv"', '"cvs"'), "key 'kind' must be 'bin', 'lfw', 'csv', 'people' or"),
        (CSV + '[align]\nmethod = "yunt"\n', "key 'align.method' must be 'landmarks', 'yunet' or "),
        (CSV + '[align]\nmethod = "margin"\n', "key 'align' needs a detector, or centre, the side"),
        (
            CSV + '[align]\nmethod = "landmarks"\nlandmarks = "../none.csv"\n',
            "key 'align.landmarks': there is no '../none.csv' (looked at",
        ),
        (PEOPLE + "pairs_per_fold_ = 3\n", "unknown key 'pairs_per_fold_'; did you mean 'pairs"),
    ],
)  # fmt: skip
def test_check_names_the_key(team: Team, capsys: pytest.CaptureFixture[str], card: str, said: str):
    dataset(team).write_text(card)
    assert main(["check", f"--catalog={team.folder}"]) == 1
    assert f"embedded-evaluation.toml: {said}" in "".join(capsys.readouterr())
