"""The state of a catalog's cards and baselines: in the working tree, or at a git revision."""

from pathlib import Path

from suite.catalog.builtin import builtin_folder
from suite.catalog.errors import SuiteError
from suite.catalog.folder import card_files, read_cards
from suite.entry_points.commands.git_revision import checked_out, in_repository
from suite.judging.changes.state import GateState, state_of_catalog

WORKING_TREE = "the working tree"


def state_of(revision: str | None, folder: Path | None) -> GateState:
    """A catalog's state at a revision, or as it lies there; the built-in one's without a folder.

    Raises
    ------
    SuiteError
        where there is no such revision, or what is there then cannot be read.
    """
    root = folder or builtin_folder()
    if revision is None:
        return _state(WORKING_TREE, root, builtin=folder is None)
    with checked_out(revision, root, in_repository(root)) as there:
        try:
            return _state(revision, there, builtin=folder is None)
        except SuiteError as error:  # its file is gone by the time that this is read
            named = error.where.replace(str(there), f"{revision}, {root}")
            raise SuiteError(where=named, what=error.what) from None


def _state(name: str, folder: Path, *, builtin: bool) -> GateState:
    cards = folder / "fixtures" if builtin else folder
    if not card_files(cards / "models"):
        return GateState(name)
    return state_of_catalog(name, read_cards(cards, pass_over=True), folder / "baselines")
