"""A team with a made network, whose whole job takes a second or two."""

import shutil
from pathlib import Path

import pytest
from small import network, small_catalog
from team import Team

from suite.catalog.lock import Lock

MODEL = "small"


@pytest.fixture(scope="session")
def accepted_small(cache: Path) -> Team:
    """A catalog of two made models in FP32 and dynamic INT8, accepted without latency."""
    team = Team(cache.with_name("accepted") / "made", cache)
    team.folder.parent.mkdir(parents=True, exist_ok=True)
    with Lock(team.folder.with_suffix(".lock")):
        if not team.folder.with_suffix(".done").exists():
            write_made(team.folder)
            result = team.gates("--snapshot-update")
            assert result.returncode == 0, result.stdout
            shutil.rmtree(team.folder / "face-quant-report")
            team.folder.with_suffix(".done").touch()
    return team


@pytest.fixture
def made(accepted_small: Team, tmp_path: Path) -> Team:
    """A team of the test's own."""
    shutil.copytree(accepted_small.folder, tmp_path / "made")
    return Team(tmp_path / "made", accepted_small.cache)


def write_made(folder: Path) -> None:
    """Two models on two sets, with the modes that need no calibration."""
    small_catalog(folder, network(), top="untrained = true\n")
    card = folder / "models" / "small.toml"
    faces = folder / "datasets" / "small-faces.toml"
    more = faces.read_text().replace("small-faces", "more-faces").replace("= 20", "= 15")
    (folder / "datasets" / "more-faces.toml").write_text(more)
    card.write_text(card.read_text().replace('["small-faces"]', '["small-faces", "more-faces"]'))
    (folder / "models" / "other.toml").write_text(card.read_text().replace('"small"', '"other"'))
    (folder / "modes").mkdir()
    (folder / "modes" / "static.toml").write_text('id = "int8_static_qdq"\n')
