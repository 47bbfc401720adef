"""FP32 far below what is published: the mistakes that are tried find the one that was made."""

from pathlib import Path

import pytest
from team import MODEL, SOME_PAIRS, Team, copy_catalog

PUBLISHED = '\n[published]\naccuracy = 0.99\ndataset = "LFW"\nsource = "the authors"\n'


@pytest.fixture
def team(cache: Path, tmp_path: Path) -> Team:
    copy_catalog(tmp_path, MODEL, pairs=SOME_PAIRS)
    team = Team(tmp_path, cache)
    card = team.card().read_text()
    at = card.index("# Older") if "# Older" in card else len(card)
    team.card().write_text(card[:at] + PUBLISHED + card[at:])
    return team


def remarks(team: Team) -> list[str]:
    assert team.gates("--modes=fp32", "--snapshot-update").returncode == 0
    (record,) = (r for r in team.report["records"] if r["gate"] == "verification")
    return record["measured"]["remarks"]


def test_a_model_as_published_raises_no_doubt(team: Team) -> None:
    assert remarks(team) == []


@pytest.mark.parametrize(
    ("old", "new", "cause"),
    [
        ("scale = 255.0", "scale = 1.0", "scale 255, mean 127.5, std 127.5"),
        ('color_order = "RGB"', 'color_order = "BGR"', "colour order RGB"),
    ],
)
def test_the_mistake_that_was_made_is_found(team: Team, old: str, new: str, cause: str) -> None:
    team.edit(team.card(), old, new)
    doubt, tried = remarks(team)
    assert "is far below the 0.9900 published on LFW" in doubt
    now, _, listed = tried.partition("gives ")[2].partition(": ")
    gives = {
        words: float(found) for words, _, found in (e.rpartition(": ") for e in listed.split("; "))
    }
    assert gives[cause] > float(now) + 0.05
    assert gives[cause] > 0.9
    assert list(gives.values()) == sorted(gives.values(), reverse=True)
    assert "not aligned: the middle 65%" in tried
    assert "is far below" in team.markdown
