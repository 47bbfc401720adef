"""Every mode of some models in one table: what a run measured, and what building each takes.

``taskset -c 0 python tests/experiments/modes_table.py --catalog=DIR REPORT …`` reads the
``report.json`` of finished runs, builds the artifacts anew on one core, and prints Markdown.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from suite.catalog.catalog import Catalog
from suite.catalog.folder import read_catalog
from suite.datasets.loader import load_dataset
from suite.models.onnx_file import read_onnx_file
from suite.quantization.artifact import Ingredients
from suite.quantization.builder import build
from suite.quantization.islands import float_islands
from suite.quantization.recipe import resolve_recipe
from suite.report.tables import markdown
from suite.runtime.profile import own_profile

HEADER = (
    *("model", "mode", "accuracy", "TAR@FAR=1e-3, all pairs", "paired interval", "mean cosine"),
    *("1st percentile", "worst", "MiB", "over the source", "over fp32_prepared", "ops in float"),
    "CPU time to build",
)
TAR = "all_pairs_tar_at_far_1e-3"
Case = tuple[str, str]
Gates = Mapping[str, Mapping[str, Any]]


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--catalog", type=Path)
    parser.add_argument("--profile", help="whose recipes the reports are of; default: this CPU's")
    parser.add_argument("reports", type=Path, nargs="+")
    chosen = parser.parse_args()
    catalog = read_catalog(chosen.catalog) if chosen.catalog else read_catalog()
    cases: dict[Case, dict[str, Mapping[str, Any]]] = {}
    for report in chosen.reports:
        for record in json.loads((report / "report.json").read_text())["records"]:
            if record["measured"] and record["load"] != "throughput":
                case = cases.setdefault((record["model"], record["mode"]), {})
                case[record["gate"]] = record["measured"]
    rows = []
    for case, gates in cases.items():
        print(*case, file=sys.stderr, flush=True)
        rows.append((*case, *measured(gates), *built(catalog, *case, chosen.profile)))
    print(*markdown(HEADER, rows), sep="\n")
    return 0


def measured(gates: Gates) -> Iterator[str]:
    """What a run measured of one case; a dash for what it did not."""
    verified = gates.get("verification", {})
    pairs, fp32 = figures(gates, "verification"), verified.get("reference", {})
    for name in ("accuracy", TAR):
        less = f" ({pairs[name] - fp32[name]:+.4f})" if name in fp32 else ""
        yield f"{pairs[name]:.4f}{less}" if name in pairs else "–"
    change = ((verified.get("uncertainty") or {}).get("changes") or {}).get(TAR)
    yield f"{change['low']:+.4f} … {change['high']:+.4f}" if change else "–"
    near = figures(gates, "fidelity")
    for name in ("cosine_mean", "cosine_1st_percentile", "cosine_worst"):
        yield f"{near[name]:.5f}" if name in near else "–"
    size = figures(gates, "artifact").get("size_bytes")
    yield f"{size / 2**20:.2f}" if size else "–"
    speed, ends = figures(gates, "latency"), gates.get("latency", {}).get("intervals", {})
    for name in ("speedup", "speedup_over_prepared"):
        between = " … ".join(f"{end:.2f}" for end in ends.get(name, ()))
        yield f"{speed[name]:.2f} ({between})" if name in speed else "–"


def figures(gates: Gates, gate: str) -> dict[str, float]:
    """All figures of a gate."""
    found = gates.get(gate, {})
    return {**found.get("observed", {}), **found.get("figures", {})}


def built(catalog: Catalog, model_id: str, mode_id: str, profile: str | None) -> tuple[str, str]:
    """The ops in float of a mode's artifact, and the CPU time of building it on one core."""
    model, mode, provider = (
        catalog.models[model_id],
        catalog.modes[mode_id],
        catalog.providers["cpu"],
    )
    recipe = resolve_recipe(mode, provider, profile or own_profile(provider))
    if recipe is None or recipe.method == "none":
        return "–", "–"
    file = read_onnx_file(catalog.locate(model, model.source.file, weights=True))
    card = catalog.datasets[model.calibration]
    faces = load_dataset(card, lambda relative: catalog.locate(card, relative))
    made = Ingredients(file.sha256, recipe, model.preprocess, model.outputs, faces)
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "model.onnx"
        start = time.process_time()
        build(file.path, target, made)
        seconds = time.process_time() - start
        islands = float_islands(target) if recipe.sees_calibration else ()
    found = dict.fromkeys(island.op_type for island in islands)
    counted = [f"{sum(i.op_type == op for i in islands)} {op}" for op in found]
    return ", ".join(counted) or "0", f"{seconds:.1f} s"


if __name__ == "__main__":
    raise SystemExit(main())
