"""What models need: listed, and downloaded where that is asked for."""

import argparse
import os
import sys
from collections.abc import Sequence

from suite.catalog.catalog import Catalog, Roots
from suite.catalog.errors import SuiteError, visible
from suite.catalog.files import is_file
from suite.catalog.folder import read_catalog
from suite.catalog.model_card import ModelCard
from suite.catalog.selection import chosen_datasets, chosen_models, refuse_unaccepted_licence
from suite.entry_points.commands.arguments import add_catalog, add_roots, ids
from suite.models.weights.downloads import Downloads
from suite.models.weights.installer import get_weights
from suite.models.weights.meter import Meter
from suite.models.weights.needs import named_files, needs_of, weights_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Whose needs, where they lie, and whether they are downloaded."""
    add_catalog(parser)
    add_roots(parser)
    parser.add_argument("--models", metavar="ID[,ID…]", default="", help="models, by id (all)")
    parser.add_argument("--datasets", metavar="ID[,ID…]", default="", help="sets, by id (all)")
    parser.add_argument(
        "--get", action="store_true", help="download what is missing; else nothing is downloaded"
    )
    parser.add_argument(
        "--accept-licence",
        action="store_true",
        help="say that your use is one that the models' licences allow",
    )
    parser.add_argument(
        "--trust-first-use",
        action="store_true",
        help="pin the hash of a file of which none is published",
    )


def run(chosen: argparse.Namespace) -> int:
    """List what is needed, got first where that is asked for; 1 where anything is missing."""
    catalog = read_catalog(chosen.catalog, Roots(chosen.data_dir, chosen.weights_dir))
    models = chosen_models(catalog, ids(chosen.models) or tuple(catalog.models))
    datasets = chosen_datasets(catalog, ids(chosen.datasets))
    failed = 0
    if chosen.get:
        failed = _get(catalog, models, chosen)
    elif chosen.trust_first_use or chosen.accept_licence:
        raise SuiteError("--trust-first-use and --accept-licence are for --get; add it.")
    needs = list(needs_of(catalog, models, datasets))
    for need in needs:
        print(visible(f"{need.owner}: {need.what} {need.path}: {need.problem or 'here'}"))
    missing = sum(bool(need.problem) for need in needs)
    print(f"{len(needs) - missing} of {len(needs)} are here")
    return 1 if missing or failed else 0


def _get(catalog: Catalog, models: Sequence[ModelCard], chosen: argparse.Namespace) -> int:
    """Get what is missing; returns of how many models that failed."""
    failed = 0
    folder = catalog.roots.weights
    kept = [folder / name for each in catalog.models.values() for name in named_files(each)]
    # GitLab and others give a job a terminal, whose log keeps each line that is written over.
    terminal = sys.stderr if sys.stderr.isatty() and not os.environ.get("CI") else None
    with Downloads(folder, Meter(terminal)) as downloads:
        for model in models:
            need = weights_of(catalog, model)
            if not need.problem:
                continue
            try:
                refuse_unaccepted_licence(model, accepted=chosen.accept_licence)
                got = get_weights(
                    model,
                    folder,
                    downloads,
                    here=need.path if is_file(need.path) else None,
                    kept=kept,
                    trust_first_use=chosen.trust_first_use,
                    say=print,
                )
                print(visible(f"{model.id}: got {got}"))
            except SuiteError as error:
                failed += 1
                print(error, file=sys.stderr)
    return failed
