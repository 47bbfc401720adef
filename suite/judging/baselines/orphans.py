"""Accepted entries that no card names any more."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from suite.catalog.catalog import Catalog
from suite.judging.baselines.store import read_sections


@dataclass(frozen=True)
class Orphan:
    """Sections of one baseline file that no card of the catalog accounts for, and why."""

    path: Path
    sections: tuple[str, ...]
    reason: str


def find_orphans(catalog: Catalog) -> Iterator[Orphan]:
    """Walk a catalog's baselines, sorted, and give what no model, mode or dataset names.

    Raises
    ------
    BaselineError
        where a baseline cannot be read.
    """
    for path in sorted(catalog.baselines.glob("*/*/*.json")):
        if path.name.startswith("."):
            continue
        sections = read_sections(path)
        model, mode = catalog.models.get(path.parent.name), catalog.modes.get(path.stem)
        if model is None:
            yield Orphan(path, tuple(sections), f"no card of a model {path.parent.name!r}")
        elif mode is None:
            yield Orphan(path, tuple(sections), f"no card of a mode {path.stem!r}")
        else:
            gone = {
                name: dataset
                for name in sections
                for gate, _, dataset in [name.partition(".")]
                if gate in ("verification", "fidelity") and dataset not in model.evaluation
            }
            for name, dataset in gone.items():
                reason = f"{dataset!r} is no evaluation set of {model.id}"
                yield Orphan(path, (name,), reason)
