"""Where the cards and baselines lie that come with the suite."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]


def builtin_cards() -> Path:
    """The cards that come with the suite: in the wheel, or the repository's ``fixtures/``."""
    packed = PACKAGE / "builtin"
    return packed if packed.is_dir() else PACKAGE.parent / "fixtures"


def builtin_baselines() -> Path:
    """The baselines of the built-in models."""
    packed = PACKAGE / "builtin" / "baselines"
    return packed if packed.is_dir() else PACKAGE.parent / "baselines"
