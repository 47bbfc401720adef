"""The console command ``face-quant-gate``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from suite.catalog.errors import SuiteError

if TYPE_CHECKING:
    from suite.catalog.catalog import Catalog
    from suite.catalog.model_card import ModelCard


Add = Callable[..., argparse.ArgumentParser]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a sub-command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="face-quant-gate", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    _add_orphans(commands.add_parser)
    _add_weights(commands.add_parser)
    _add_check(commands.add_parser)
    _add_draft(commands.add_parser)
    _add_copy(commands.add_parser)
    chosen = parser.parse_args(arguments)
    run = {
        "orphans": _orphans,
        "weights": _weights,
        "check": _check,
        "draft": _draft,
        "copy": _copy,
    }
    try:
        return run[chosen.command](chosen)
    except SuiteError as error:
        print(error, file=sys.stderr)
        return 2


def _add_orphans(add: Add) -> None:
    orphans = add(
        "orphans", help="list accepted entries that no card names; exits with 1 where there are any"
    )
    _add_catalog(orphans)
    orphans.add_argument("--remove", action="store_true", help="remove them, and exit with 0")


def _add_weights(add: Add) -> None:
    weights = add(
        "weights",
        help="list what models need, what is here and what is missing; exits with 1 if anything is",
    )
    _add_catalog(weights)
    _add_roots(weights)
    weights.add_argument("--models", metavar="ID[,ID…]", default="", help="models, by id (all)")
    weights.add_argument("--datasets", metavar="ID[,ID…]", default="", help="sets, by id (all)")
    weights.add_argument(
        "--get", action="store_true", help="download what is missing; else nothing is downloaded"
    )
    weights.add_argument(
        "--accept-licence",
        action="store_true",
        help="say that your use is one that the models' licences allow",
    )
    weights.add_argument(
        "--trust-first-use",
        action="store_true",
        help="pin the hash of a file of which none is published",
    )


def _add_check(add: Add) -> None:
    check = add("check", help="say what is wrong in a catalog; exits with 1 where anything is")
    _add_catalog(check)
    _add_roots(check)


def _add_draft(add: Add) -> None:
    draft = add("draft", help="write a model's card from its ONNX file, with blanks to fill in")
    draft.add_argument("model", metavar="MODEL.onnx", type=Path)
    draft.add_argument("--output", metavar="CARD.toml", type=Path, help="default: standard output")


def _add_copy(add: Add) -> None:
    copy = add("copy", help="copy built-in cards of full-size models into a team's catalog")
    copy.add_argument("--models", metavar="ID[,ID…]", required=True, help="models, by id")
    copy.add_argument(
        "--datasets", metavar="ID[,ID…]", default="", help="evaluation sets, by id (all of a model)"
    )
    copy.add_argument(
        "--catalog", metavar="DIR", type=Path, required=True, help="the team's catalog"
    )
    copy.add_argument("--weights-dir", metavar="DIR", type=Path, help="folder of weights")
    copy.add_argument(
        "--own-weights",
        action="store_true",
        help="gate your own weights where they are other bytes than those published",
    )


def _add_catalog(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--catalog", metavar="DIR", type=Path, help="a team's catalog")


def _add_roots(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--weights-dir", metavar="DIR", type=Path, help="folder of weights")
    parser.add_argument("--data-dir", metavar="DIR", type=Path, help="root for data")


def _orphans(chosen: argparse.Namespace) -> int:
    from suite.catalog.folder import read_catalog
    from suite.judging.baselines.orphans import find_orphans
    from suite.judging.baselines.store import remove_sections

    found = list(find_orphans(read_catalog(chosen.catalog)))
    for orphan in found:
        print(f"{orphan.path}: {', '.join(orphan.sections)}: {orphan.reason}")
        if chosen.remove:
            remove_sections(orphan.path, orphan.sections)
    done = "removed" if chosen.remove else "orphaned"
    count = sum(len(orphan.sections) for orphan in found)
    print(f"{count} accepted {'entry' if count == 1 else 'entries'} {done}")
    return 1 if found and not chosen.remove else 0


def _weights(chosen: argparse.Namespace) -> int:
    from suite.catalog.catalog import Roots
    from suite.catalog.folder import read_catalog
    from suite.catalog.selection import chosen_datasets, chosen_models
    from suite.models.weights.needs import needs_of

    catalog = read_catalog(chosen.catalog, Roots(chosen.data_dir, chosen.weights_dir))
    models = chosen_models(catalog, _ids(chosen.models) or tuple(catalog.models))
    datasets = chosen_datasets(catalog, _ids(chosen.datasets))
    failed = 0
    if chosen.get:
        failed = _get(catalog, models, chosen)
    elif chosen.trust_first_use or chosen.accept_licence:
        raise SuiteError("--trust-first-use and --accept-licence are for --get; add it.")
    needs = list(needs_of(catalog, models, datasets))
    for need in needs:
        state = need.problem.removeprefix(f"{need.path}: ") or "here"
        print(f"{need.owner}: {need.what} {need.path}: {state}")
    missing = sum(bool(need.problem) for need in needs)
    print(f"{len(needs) - missing} of {len(needs)} are here")
    return 1 if missing or failed else 0


def _ids(words: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in words.split(",") if name.strip())


def _get(catalog: Catalog, models: Sequence[ModelCard], chosen: argparse.Namespace) -> int:
    from suite.catalog.selection import refuse_unaccepted_licence
    from suite.models.weights.installer import get_weights
    from suite.models.weights.needs import weights_of

    failed = 0
    for model in models:
        need = weights_of(catalog, model)
        if not need.problem:
            continue
        try:
            refuse_unaccepted_licence(model, accepted=chosen.accept_licence)
            got = get_weights(
                model,
                catalog.roots.weights,
                here=need.path if need.path.is_file() else None,
                trust_first_use=chosen.trust_first_use,
                progress=sys.stderr.isatty(),
                say=print,
            )
            print(f"{model.id}: got {got}")
        except SuiteError as error:
            failed += 1
            print(error, file=sys.stderr)
    return failed


def _check(chosen: argparse.Namespace) -> int:
    from suite.catalog.catalog import Roots
    from suite.entry_points.commands.check import check_catalog, counted

    check = check_catalog(chosen.catalog, Roots(chosen.data_dir, chosen.weights_dir))
    for note in check.notes:
        print(f"note: {note}")
    for problem in check.problems:
        print(problem)
    print(check.looked_at)
    problems = len(check.problems)
    print(counted(problems, "problem") if problems else "nothing wrong was found")
    return 1 if problems else 0


def _draft(chosen: argparse.Namespace) -> int:
    from suite.entry_points.commands.draft import draft_card

    output: Path | None = chosen.output
    text = draft_card(chosen.model, output.parent if output else None)
    if output is None:
        print(text, end="")
        return 0
    if output.exists():
        raise SuiteError(
            where=output, what="is there already; remove it or choose another --output."
        )
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with output.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise SuiteError(
            where=output, what=f"cannot write the card ({error.strerror}); choose another --output."
        ) from None
    print(f"{output}: fill in what is marked, then run face-quant-gate check")
    return 0


def _copy(chosen: argparse.Namespace) -> int:
    from suite.catalog.catalog import Roots
    from suite.catalog.folder import read_catalog
    from suite.entry_points.commands.copy import copy_cards

    builtin = read_catalog(None, Roots(weights_dir=chosen.weights_dir))
    models, datasets = _ids(chosen.models), _ids(chosen.datasets)
    for words in copy_cards(
        builtin, models, datasets, chosen.catalog, own_weights=chosen.own_weights
    ):
        print(words)
    return 0


if __name__ == "__main__":
    sys.exit(main())
