"""Teams whose baselines were accepted on this machine, once for all tests of the job."""

from collections.abc import Callable
from pathlib import Path

import pytest
from team import MODEL, SOME_PAIRS, Team, copy_catalog, copy_team

from suite.catalog.lock import Lock


@pytest.fixture(scope="session")
def accepted(cache: Path) -> Callable[[str], Team]:
    """Accepts one embedded model in a catalog of its own, where no worker has done so before."""

    def of_model(model: str) -> Team:
        team = Team(cache.with_name("accepted") / model, cache)
        team.folder.mkdir(parents=True, exist_ok=True)
        done = team.folder.with_suffix(".done")
        with Lock(team.folder.with_suffix(".lock")):
            if not done.exists():
                copy_catalog(team.folder, model, pairs=SOME_PAIRS)
                result = team.gates("--snapshot-update")
                assert result.returncode == 0, result.stdout
                done.touch()
        return team

    return of_model


@pytest.fixture
def team_of(accepted: Callable[[str], Team], tmp_path: Path) -> Callable[..., Team]:
    """A team of the test's own, with these models and what was accepted of them."""

    def of_models(*models: str) -> Team:
        for model in models:
            copy_team(accepted(model).folder, tmp_path / "team")
        return Team(tmp_path / "team", accepted(models[0]).cache)

    return of_models


@pytest.fixture
def team(team_of: Callable[..., Team]) -> Team:
    """A team with one embedded model."""
    return team_of(MODEL)
