"""Profiles on which nothing was ever accepted: nobody has seen their results to be good."""

from suite.catalog.builtin import builtin_folder
from suite.catalog.catalog import Catalog
from suite.catalog.files import is_folder
from suite.catalog.profiles import serving
from suite.judging.baselines.store import baselines_of


def why_unproved(profile: str, catalog: Catalog) -> str:
    """What is said of a profile that has no baselines, the catalog's or the suite's.

    Empty where it has. Where those of its kin serve in the catalog they are named.
    """
    own = baselines_of(catalog)
    if any(is_folder(root / profile) for root in (own, builtin_folder() / own.name)):
        return ""
    words = f"nobody has proved the profile {profile}: nothing was accepted on it so far"
    kin = next((name for name in serving(profile)[1:] if is_folder(own / name)), None)
    return f"{words}; it is held to {kin}, which adds up the same integers" if kin else words
