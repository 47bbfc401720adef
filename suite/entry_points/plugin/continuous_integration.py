"""What GitHub and GitLab say of a run that they started: what it may be compared with."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")


def bases(environment: Mapping[str, str]) -> Iterator[str]:
    """Revisions that the change began at, the surest first; the repository may lack some.

    The variables are those of `GitHub <https://docs.github.com/en/actions/reference/workflows-and-
    actions/variables>`_, whose event file has more, and of `GitLab
    <https://docs.gitlab.com/ci/variables/predefined_variables/>`_. What a push replaced counts on
    the default branch alone: elsewhere all that the branch changed is asked for.
    """
    found = [*_github(environment), *_gitlab(environment)]
    yield from dict.fromkeys(name for name in found if name and set(name) != {"0"})


def _github(environment: Mapping[str, str]) -> Iterator[str]:
    if branch := environment.get("GITHUB_BASE_REF"):
        # A pull request is checked out as merged into the tip of its base, which may have moved on.
        yield f"origin/{branch}"
    event = _event(environment.get("GITHUB_EVENT_PATH"))
    yield _commit(event, "pull_request", "base", "sha")
    yield _commit(event, "merge_group", "base_sha")
    default = _at(event, "repository", "default_branch")
    if not isinstance(default, str) or not default:
        return
    if environment.get("GITHUB_REF") == f"refs/heads/{default}":
        yield _commit(event, "before")
    yield f"origin/{default}"


def _gitlab(environment: Mapping[str, str]) -> Iterator[str]:
    # Of a merge request as merged into its target; the base of its own commits may lie behind.
    yield environment.get("CI_MERGE_REQUEST_TARGET_BRANCH_SHA", "")
    yield environment.get("CI_MERGE_REQUEST_DIFF_BASE_SHA", "")
    for name in ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "CI_DEFAULT_BRANCH"):
        branch = environment.get(name)
        if branch and name == "CI_DEFAULT_BRANCH" and environment.get("CI_COMMIT_BRANCH") == branch:
            yield environment.get("CI_COMMIT_BEFORE_SHA", "")
        if branch:
            yield f"origin/{branch}"


def _event(path: str | None) -> object:
    """What GitHub's file says that started the run; nothing where it cannot be read."""
    if not path:
        return None
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None


def _at(event: object, *keys: str) -> Any:
    found = event
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def _commit(event: object, *keys: str) -> str:
    found = _at(event, *keys)
    return found if isinstance(found, str) and _COMMIT.fullmatch(found) else ""
