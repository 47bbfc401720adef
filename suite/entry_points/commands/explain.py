"""Which layers of a quantized model lose its cosine to FP32, and what each is worth in time."""

import argparse
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

from suite.catalog.catalog import Catalog, Roots
from suite.catalog.errors import CatalogError, SuiteError, nearest, writing
from suite.catalog.files import is_there, refuse_link_away, user_cache, write_whole
from suite.catalog.folder import read_catalog
from suite.catalog.table import Card
from suite.entry_points.commands.arguments import (
    add_catalog,
    add_history,
    add_op_library,
    add_roots,
)
from suite.entry_points.rewriting import rewrite
from suite.gates.layer_costs import explain
from suite.gates.progress import Progress
from suite.gates.workbench import Workbench
from suite.report.layers import FOLDER, LayerCost, Layers, file_name, table
from suite.report.reading import REPORT
from suite.runtime.op_libraries import name_op_library
from suite.runtime.profile import chosen_profile, cpu_model
from suite.runtime.versions import onnxruntime_version

_SHOWN = 20
T = TypeVar("T", bound=Card)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The model and the mode, and where things are."""
    parser.add_argument("--model", metavar="ID", required=True, help="the model's id")
    parser.add_argument(
        "--mode",
        metavar="ID",
        default="int8_static_qdq",
        help="the mode's id (default: %(default)s)",
    )
    add_catalog(parser)
    add_roots(parser)
    parser.add_argument(
        "--artifact-cache", metavar="DIR", type=Path, help="folder of built artifacts"
    )
    add_op_library(parser)
    parser.add_argument(
        "--report-dir",
        metavar="DIR",
        type=Path,
        default=Path("face-quant-report"),
        help=f"the figures are written to DIR/{FOLDER} as JSON; a report that is there is "
        "written anew, as by face-quant-gate report, and shows them (default: %(default)s)",
    )
    add_history(parser)
    parser.add_argument("--all", action="store_true", help=f"print all layers, not {_SHOWN}")


def run(chosen: argparse.Namespace) -> int:
    """Weigh the layers, print those that lose most first, and write them as JSON.

    A report beside them is written anew.
    """
    folder = chosen.report_dir / FOLDER
    refuse_link_away(chosen.report_dir, folder / "any", SuiteError)
    name_op_library(chosen.op_library)
    catalog = read_catalog(chosen.catalog, Roots(chosen.data_dir, chosen.weights_dir))
    layers = layers_of(catalog, chosen.model, chosen.mode, chosen.artifact_cache or user_cache())
    file = folder / file_name(layers.model, layers.mode)
    with writing(file, "cannot be written", "give another folder with --report-dir", SuiteError):
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, layers.model_dump_json(indent=2) + "\n")
    for line in table(layers, None if chosen.all else _SHOWN):
        print(line)
    print(f"{file}: written")
    if is_there(chosen.report_dir / REPORT):
        for note in rewrite(chosen.report_dir, chosen.history).notes:
            print(note)
        print(f"{chosen.report_dir / 'report.html'}: written anew, with these layers")
    return 0


def layers_of(catalog: Catalog, model: str, mode: str, cache: Path) -> Layers:
    """What the layers of a model in a mode cost on this CPU.

    Raises
    ------
    SuiteError
        where a name is unknown, the model is not here, or its layers cannot be weighed.
    """
    provider = catalog.providers["cpu"]
    profile = chosen_profile(None, provider)
    bench = Workbench(catalog, provider, 0, profile, cache, Progress(nullcontext))
    work = bench.case(
        _named("--model", model, catalog.models), _named("--mode", mode, catalog.modes)
    )
    found = explain(work)
    return Layers(
        model=model,
        mode=mode,
        provider=provider.id,
        profile=profile,
        cpu=cpu_model(),
        onnxruntime=onnxruntime_version(),
        artifact_sha256=found.artifact_sha256,
        source_sha256=work.of_model.source.sha256,
        recipe_sha256="" if work.brought else work.ingredients.recipe_sha256,
        calibrated_on=found.calibrated_on,
        weighed_on=found.weighed_on,
        loss=found.costs.loss,
        layers=tuple(LayerCost(**asdict(unit)) for unit in found.costs.units),
        kept_in_float=found.costs.in_float,
        untold=found.costs.untold,
    ).shown()


def _named(option: str, name: str, cards: Mapping[str, T]) -> T:
    if name not in cards:
        raise CatalogError(where=option, what=f"there is no {name!r}; {nearest(name, cards)}.")
    return cards[name]
