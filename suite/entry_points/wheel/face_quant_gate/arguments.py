"""Whether pytest's arguments ask for gates, told without importing the suite."""

import os
from collections.abc import Iterable
from pathlib import Path

from .location import GATES

# pytest looks into no environment, and a repository often has its own below its root.
_INSTALLED = {"site-packages", "dist-packages"}


def name_gates(arguments: Iterable[str], folder: Path, *, pyargs: bool) -> bool:
    """Whether an argument is the gates' package, their folder or something in it."""
    return any(
        (pyargs and argument.split("::")[0].split(".")[:2] == ["suite", "gates"])
        or _path(argument, folder).is_relative_to(GATES)
        for argument in arguments
    )


def reach_gates(arguments: Iterable[str], folder: Path, *, pyargs: bool) -> bool:
    """Whether an argument names the gates, or a package or folder that has them in it."""
    arguments = list(arguments)
    return name_gates(arguments, folder, pyargs=pyargs) or any(
        (pyargs and argument == "suite") or _is_above(_path(argument, folder))
        for argument in arguments
    )


def _is_above(path: Path) -> bool:
    return GATES.is_relative_to(path) and _INSTALLED.isdisjoint(GATES.relative_to(path).parts)


def _path(argument: str, folder: Path) -> Path:
    # Not Path.resolve, which raises where a link leads to itself.
    return Path(os.path.realpath(folder / argument.partition("::")[0]))
