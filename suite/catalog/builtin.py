"""Where the cards lie that come with the suite, and their catalog."""

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
