"""Accepted entries that no card names any more."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from suite.catalog.catalog import Catalog
from suite.catalog.gate import Section
from suite.judging.baselines.store import all_files, baselines_of


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
    for file in all_files(baselines_of(catalog)):
        sections = file.sections()
        model, mode = catalog.models.get(file.model), catalog.modes.get(file.mode)
        if model is None:
            yield Orphan(file.path, tuple(sections), f"no card of a model {file.model!r}")
        elif mode is None:
            yield Orphan(file.path, tuple(sections), f"no card of a mode {file.mode!r}")
        else:
            for name in sections:
                section = Section.parse(name)
                if section is None or not section.gate.per_dataset:
                    continue
                if section.key not in model.evaluation:
                    reason = f"{section.key!r} is no evaluation set of {model.id}"
                    yield Orphan(file.path, (name,), reason)
