"""Run the catalogue: cells that are missing from a file, a JSON line each, then the page."""

import argparse
import random
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from suite.catalog.files import user_cache, write_whole
from tests.mutations.catalogue import catalogue
from tests.mutations.cell import Bench, Cell, cell
from tests.mutations.clean import Clean, Subject
from tests.mutations.independent import FAMILIES, REPOSITORY, embedded, mobilefacenet
from tests.mutations.mutation import Mutation
from tests.mutations.page import page

PAGE = REPOSITORY / "docs" / "gate-quality.md"
REAL = "mobilefacenet"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is missing, family by family, and write the page of all that is there."""
    given = _parser().parse_args(arguments)
    for family in given.families:
        _run(family, given)
    cells = ordered(read(given.cells))
    if given.page:
        write_whole(given.page, page(cells, _notes(cells)))
    _say(f"{len(cells)} cells: {Counter(each.code for each in cells)}")
    return 0


def read(file: Path) -> list[Cell]:
    """The cells of a file; a line that a killed run left unfinished is passed over."""
    if not file.exists():
        return []
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    return [Cell.model_validate_json(line) for line in lines if line.endswith("\n")]


def ordered(cells: Sequence[Cell]) -> list[Cell]:
    """The last of each cell, in the catalogue's order; those of kinds that are gone left out."""
    places = {
        (each.kind, dose): at
        for at, (each, dose) in enumerate((m, d) for m in catalogue() for d in m.doses)
    }
    last = {each.key: each for each in cells if (each.kind, each.dose) in places}
    return sorted(last.values(), key=lambda each: (places[each.kind, each.dose], each.model))


def _run(family: str, given: argparse.Namespace) -> None:
    subject = _subject(family, given)
    if subject is None:
        _say(f"{family}: its weights or faces are not here")
        return
    known = {(each.kind, each.dose): each for each in read(given.cells) if _is_of(each, subject)}
    kinds = [each for each in catalogue() if not given.kinds or each.kind in given.kinds]
    # In an order of chance, so that a run that is cut short is a sample of all modules.
    random.Random(0).shuffle(kinds)
    if all(not missing(each, known) for each in kinds):
        return
    with tempfile.TemporaryDirectory() as folder:
        clean = Clean(subject, Path(folder), given.cache)
        bench = Bench(clean, every_gate=given.every_gate)
        for each in kinds:
            for found in _cells(bench, each, known):
                _append(given.cells, found)


def _is_of(known: Cell, subject: Subject) -> bool:
    of = (known.model, known.mode, known.folds)
    return of == (subject.model, subject.mode, subject.folds)


def missing(each: Mutation, known: dict[tuple[str, str], Cell]) -> list[str]:
    """The doses that are still to be run: up to the first that harms and is caught."""
    left = []
    for dose in each.doses:
        found = known.get((each.kind, dose))
        if found is None:
            left.append(dose)
        elif ends(found):
            break
    return left


def ends(found: Cell) -> bool:
    """Whether a stronger dose has nothing to say."""
    return bool(found.harmful) and found.is_caught_by_what_resolves


def _cells(bench: Bench, each: Mutation, known: dict[tuple[str, str], Cell]) -> Iterator[Cell]:
    for dose in missing(each, known):
        try:
            found = cell(bench, each, dose)
        except Exception:  # of thousands of cells one must not cost the others
            _say(f"! {each.kind} {dose}: {traceback.format_exc()}")
            continue
        catch = found.verdict.strongest
        by = f" {catch.gate}: {catch.figure} {catch.margin}" if catch else ""
        _say(f"{found.code} {each.kind} {dose}{by} {found.harmful} {found.seconds:g} s")
        yield found
        if ends(found):
            return


def _append(file: Path, found: Cell) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as stream:
        stream.write(found.model_dump_json() + "\n")


def _subject(family: str, given: argparse.Namespace) -> Subject | None:
    of = mobilefacenet if family == REAL else lambda mode, cache: embedded(family, mode, cache)
    subject = of(given.mode, given.cache)
    return subject and replace(subject, folds=given.folds)


def _notes(cells: Sequence[Cell]) -> list[str]:
    counts = Counter(each.model for each in cells)
    folds = {each.model: each.folds for each in cells}
    run = ", ".join(
        f"{model} {count}" + (f" (on {folds[model]} folds of its set)" if folds[model] else "")
        for model, count in sorted(counts.items())
    )
    kinds = len({each.kind for each in cells})
    return [
        f"Measured on {'; '.join(sorted({each.measured_on for each in cells}))}.",
        f"{len(catalogue())} kinds in the catalogue, {kinds} run; cells by model: {run}.",
    ]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.mutations", description=__doc__)
    cache = user_cache() / "mutations"
    parser.add_argument("families", nargs="*", choices=[*FAMILIES, REAL], default=[*FAMILIES, REAL])
    parser.add_argument("--mode", default="int8_static_qdq", help="the quantized mode")
    parser.add_argument("--cells", type=Path, default=cache / "cells.jsonl", help="a line a cell")
    parser.add_argument("--cache", type=Path, default=cache, help="artifacts and made faces")
    parser.add_argument("--page", type=Path, default=PAGE, help="the page that is written")
    parser.add_argument("--kinds", nargs="*", help="these kinds alone")
    parser.add_argument("--folds", type=int, help="of how many folds figures are; all of them")
    parser.add_argument("--every-gate", action="store_true", help="ask all gates of each cell")
    return parser


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
