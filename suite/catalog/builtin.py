"""Where the suite lies, with the cards that come with it, and how its modules are run."""

import os
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]


def builtin_cards() -> Path:
    """The cards that come with the suite: in the wheel, or the repository's ``fixtures/``."""
    packed = PACKAGE / "builtin"
    return packed if packed.is_dir() else PACKAGE.parent / "fixtures"


def builtin_folder() -> Path:
    """The folder of the built-in catalog, which has its baselines: the package's, or the clone."""
    packed = PACKAGE / "builtin"
    return packed if packed.is_dir() else PACKAGE.parent


def module_command(module: str, *arguments: str) -> list[str]:
    """What runs a module of the suite in a process of its own, in `module_environment`."""
    return [sys.executable, "-P", "-m", module, *arguments]


def module_environment() -> dict[str, str]:
    """This process's environment, in which the suite is found.

    There may be another package "suite" in the current folder or in the path.
    """
    packages = [str(PACKAGE.parent), os.environ.get("PYTHONPATH", "")]
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, packages))}
