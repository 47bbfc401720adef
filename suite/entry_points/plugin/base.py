"""What a run's cards and baselines are compared with: a base, given or found, and the changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from suite.catalog.catalog import Catalog
from suite.catalog.errors import SuiteError, spelt_out
from suite.catalog.selection import Options
from suite.entry_points.commands.gate_state import state_of
from suite.entry_points.commands.git_revision import (
    commit_of,
    default_branch,
    in_repository,
    is_as_at,
    merge_base,
)
from suite.entry_points.plugin.continuous_integration import bases
from suite.judging.changes.compare import compare
from suite.judging.changes.compared import NOTHING, Compared

# Where a repository's changes go to, where nobody says it.
_DEFAULT = ("origin/main", "origin/master", "main", "master")
_LAST = "the last commit"


@dataclass(frozen=True)
class Base:
    """A revision to compare with: what it is called, and its commit's hash."""

    name: str
    commit: str


def refuse_unknown_base(options: Options, catalog: Catalog) -> None:
    """Raise SuiteError where a base was given that the catalog's repository does not have."""
    if options.base is None:
        return
    root = in_repository(catalog.folder)
    if commit_of(root, options.base) is None:
        raise SuiteError(
            where="--base",
            what=f"{options.base} is no revision of {root}; fetch it (a shallow clone has no "
            "history: fetch-depth: 0), or name another.",
        )


def compared(options: Options, catalog: Catalog, environment: Mapping[str, str]) -> Compared:
    """What changed since the base; never an error: where nothing can be compared, it says why."""
    if catalog.is_installed:
        return Compared(why_not="nothing compared: the installed cards have no history")
    try:
        root = in_repository(catalog.folder)
        tried = list(_bases(root, options.base, environment))
        if not tried:
            return Compared(why_not=NOTHING)
        # Reading a state of hundreds of models takes seconds, and git knows what did not change.
        tracked = (base for base in tried if not is_as_at(base.commit, catalog.folder, root))
        since = (_since(base, options.catalog) for base in tracked)
        first = next((found for found in since if found.changes or found.why_not), None)
        if first is None and tried[-1].name == _LAST:
            # Without its parent nobody knows what the last commit did.
            return Compared(why_not=NOTHING)
        return first or Compared(base=tried[-1].name, commit=tried[-1].commit)
    except (SuiteError, OSError) as error:
        words = " ".join(spelt_out(str(error)).split())
        return Compared(why_not=f"nothing compared: {words}")


def _since(base: Base, folder: Path | None) -> Compared:
    before, now = state_of(base.commit, folder), state_of(None, folder)
    if not (before.cards or before.accepted or before.unread):
        said = f"nothing compared: {base.name} ({base.commit[:7]}) has no catalog there; all is new"
        return Compared(base=base.name, commit=base.commit, why_not=said)
    return Compared(base=base.name, commit=base.commit, changes=tuple(compare(before, now)))


def _bases(root: Path, given: str | None, environment: Mapping[str, str]) -> Iterator[Base]:
    """The revisions to compare with: the first one at which anything is otherwise counts.

    That is where the branch began. Where it began at its own last commit, as the default branch
    does, it is that commit, of which the working tree may differ, and then the one before.
    """
    head = commit_of(root, "HEAD")
    if head is None:
        return
    if given:
        commit = commit_of(root, given)
        if commit:
            began = merge_base(root, head, commit)
            yield Base(spelt_out(given), began if began and began != head else commit)
        return
    for name in (*bases(environment), default_branch(root), *_DEFAULT):
        if name is None:
            continue
        commit = commit_of(root, name)
        began = merge_base(root, head, commit) if commit else None
        if began == head:
            yield Base(_LAST, head)
            if before := commit_of(root, f"{head}^"):
                yield Base("the commit before", before)
            return
        if began:
            yield Base(name[:7] if commit == name else name, began)
            return
