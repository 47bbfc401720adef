"""The full-size networks with made weights: exported, quantized in every mode, measured.

``python -m suite.training.rehearsal`` needs PyTorch and no download. The weights are random from
a fixed seed, their BatchNorm statistics settled on a few batches of rendered faces, and saved as
checkpoints in the published form; so everything but accuracy is as it is with the real ones.
"""

import argparse
import platform
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import cpuinfo
import onnxruntime as ort
import torch
from torch import nn

from suite.catalog.catalog import Catalog
from suite.catalog.errors import SuiteError
from suite.catalog.folder import read_catalog
from suite.catalog.mode_card import RecipeSpec
from suite.catalog.model_card import ModelCard
from suite.catalog.preprocess import PreprocessSpec
from suite.catalog.source import Architecture
from suite.datasets.face import Face
from suite.datasets.face_set import FaceSet
from suite.datasets.images.decoder import decode
from suite.datasets.loader import load_dataset
from suite.datasets.preprocessing import prepare
from suite.export import ARCHITECTURES, export_checkpoint
from suite.models.onnx_file import read_onnx_file
from suite.quantization.artifact import Ingredients
from suite.quantization.builder import build
from suite.quantization.recipe import resolve_recipe
from suite.runtime.binding import BoundSession
from suite.runtime.embedding import Floats, embed
from suite.runtime.profile import own_profile
from suite.runtime.sessions import open_session
from suite.runtime.timing import seconds_of, warm_up

SEED = 20261125
SIZE_TOLERANCE = 0.005
_MIB = 2**20
_SETTLING_BATCHES, _SETTLING_IMAGES = 4, 16
_COMPARED = 64
_BLOCKS, _ROUNDS = 3, 9
# The card that says how each architecture is fed.
_CARDS: dict[Architecture, str] = {
    "inception_resnet_v1": "facenet-vggface2",
    "iresnet50": "insightface-r50",
    "adaface_ir50": "adaface-ir50-ms1mv2",
}
# What the user measured, in MiB.
_USERS_MIB: dict[tuple[Architecture, str], float] = {
    ("inception_resnet_v1", "fp32"): 89.61,
    ("inception_resnet_v1", "dynamic, MatMul and Gemm alone"): 86.97,
    ("inception_resnet_v1", "static QDQ, per channel"): 23.26,
    ("iresnet50", "fp32"): 166.31,
    ("iresnet50", "dynamic"): 41.76,
    ("iresnet50", "static QDQ, per tensor"): 41.78,
    ("adaface_ir50", "fp32"): 166.32,
    ("adaface_ir50", "dynamic"): 41.86,
    ("adaface_ir50", "static QDQ, per channel"): 42.07,
}
_HEADER = (
    "| Network | Mode | Size (MiB) | The user's | Off | Made in (s) | Latency (ms) | Speed-up "
    "| Mean cosine | Worst cosine |"
)


@dataclass(frozen=True)
class Row:
    """What was measured of a network in a mode; sizes in MiB, latencies in milliseconds."""

    architecture: Architecture
    mode: str
    size_mib: float
    made_s: float
    latency_ms: float
    speedup: float
    cosines: Floats

    @property
    def off(self) -> float | None:
        """By which share the size differs from the user's; None where the user has none."""
        users = _USERS_MIB.get((self.architecture, self.mode))
        return None if users is None else self.size_mib / users - 1

    def line(self) -> str:
        """The row of the Markdown table."""
        users = _USERS_MIB.get((self.architecture, self.mode))
        beside = ("–", "–") if users is None else (f"{users:.2f}", f"{self.off:+.2%}")
        cells = (
            *(self.architecture, self.mode, f"{self.size_mib:.2f}", *beside),
            *(f"{self.made_s:.0f}", f"{self.latency_ms:.2f}", f"{self.speedup:.2f} ×"),
            *(f"{self.cosines.mean():.5f}", f"{self.cosines.min():.5f}"),
        )
        return f"| {' | '.join(cells)} |"


class Rehearsal:
    """The rehearsal of one network in a folder of its own."""

    def __init__(self, catalog: Catalog, architecture: Architecture, folder: Path) -> None:
        self.architecture, self.folder = architecture, folder
        self.card: ModelCard = catalog.models[_CARDS[architecture]]
        self.provider = catalog.providers["cpu"]
        self.modes = catalog.modes
        self.calibration = _faces(catalog, "embedded-calibration")
        self.compared = _faces(catalog, "embedded-evaluation").faces[:_COMPARED]

    def rows(self) -> Iterator[Row]:
        """Export, quantize and measure, mode after mode."""
        checkpoint, fp32 = self.folder / "made.ckpt", self.folder / "fp32.onnx"
        started = time.monotonic()
        make_checkpoint(self.architecture, self.card.preprocess, self.calibration.faces, checkpoint)
        difference = export_checkpoint(checkpoint, self.architecture, fp32)
        made_s = time.monotonic() - started
        print(f"{self.architecture}: ONNX is within {difference:.1g} of PyTorch", file=sys.stderr)
        source_sha256 = read_onnx_file(fp32).sha256
        reference = self._embed(fp32)
        yield Row(self.architecture, "fp32", *self._measured(fp32, fp32, made_s, reference))
        for mode, recipe in self._recipes():
            target = self.folder / "mode.onnx"
            started = time.monotonic()
            parts = (recipe, self.card.preprocess, self.card.outputs, self.calibration)
            build(fp32, target, Ingredients(source_sha256, *parts))
            made_s = time.monotonic() - started
            yield Row(self.architecture, mode, *self._measured(target, fp32, made_s, reference))

    def _recipes(self) -> Iterator[tuple[str, RecipeSpec]]:
        profile = own_profile(self.provider)
        dynamic = resolve_recipe(self.modes["int8_dynamic"], self.provider, profile)
        static = resolve_recipe(self.modes["int8_static_qdq"], self.provider, profile)
        assert dynamic is not None and static is not None, "the built-in modes have recipes"
        alone = dynamic.model_copy(update={"op_types": ("MatMul", "Gemm")})
        yield "dynamic", dynamic
        yield "dynamic, MatMul and Gemm alone", alone
        yield "static QDQ, per channel", static
        yield "static QDQ, per tensor", static.model_copy(update={"per_channel": False})

    def _measured(
        self, file: Path, fp32: Path, made_s: float, reference: Floats
    ) -> tuple[float, float, float, float, Floats]:
        cosines = (self._embed(file) * reference).sum(axis=1)
        ratios, latencies = [], []
        for _ in range(_BLOCKS):
            theirs, ours = self._bound(fp32), self._bound(file)
            warm_up((theirs, ours))
            for _ in range(_ROUNDS):
                before, seconds = seconds_of(theirs), seconds_of(ours)
                ratios.append(before / seconds)
                latencies.append(seconds * 1e3)
        speed = statistics.median(latencies), statistics.median(ratios)
        return file.stat().st_size / _MIB, made_s, *speed, cosines

    def _embed(self, file: Path) -> Floats:
        session = open_session(file, self.provider, threads=0)
        card = self.card
        # One at a time, because dynamic INT8 takes its scales over the batch.
        return embed(session, self.compared, card.preprocess, card.outputs, "none", 1)

    def _bound(self, file: Path) -> BoundSession:
        session = open_session(file, self.provider, threads=1)
        shape = self.card.preprocess.shape(1)
        return BoundSession(session, self.card.outputs.input, shape, self.provider.memory, 0)


def make_checkpoint(
    architecture: Architecture, spec: PreprocessSpec, faces: tuple[Face, ...], file: Path
) -> None:
    """Save a network with seeded random weights in the published checkpoint's form.

    The BatchNorm statistics are those of a few batches of the faces, so that activations keep
    their size from layer to layer, as they do in a trained network.
    """
    full = ARCHITECTURES[architecture]
    torch.manual_seed(SEED)
    network = full.build()
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            module.momentum = None  # the plain mean over all batches
    network.train()
    with torch.no_grad():
        for index in range(_SETTLING_BATCHES):
            chosen = faces[index * _SETTLING_IMAGES : (index + 1) * _SETTLING_IMAGES]
            images = prepare([decode(face.read(), face.name) for face in chosen], spec)
            network(torch.from_numpy(images))
    weights = {full.prefix + key: value for key, value in network.state_dict().items()}
    torch.save({"state_dict": weights} if full.prefix else weights, file)


def machine() -> str:
    """This machine and its libraries, in words."""
    found = cpuinfo.get_cpu_info()
    flags = [flag for flag in ("avx2", "avx512_vnni", "avx_vnni") if flag in found["flags"]]
    return (
        f"{found['brand_raw']} ({', '.join(flags)}), one thread, Python "
        f"{platform.python_version()}, PyTorch {torch.__version__}, onnxruntime {ort.__version__}"
    )


def _faces(catalog: Catalog, name: str) -> FaceSet:
    card = catalog.datasets[name]
    return load_dataset(card, partial(catalog.locate, card))


def main() -> int:
    """Rehearse, print the table; 1 where a size is not the user's."""
    parser = argparse.ArgumentParser(prog="python -m suite.training.rehearsal", description=__doc__)
    parser.add_argument("--networks", default=",".join(_CARDS), help="some of %(default)s")
    chosen = parser.parse_args()
    catalog, rows = read_catalog(), []
    print(machine(), "", _HEADER, "|---|---|" + "---:|" * 8, sep="\n", flush=True)
    try:
        for architecture in chosen.networks.split(","):
            with TemporaryDirectory() as folder:
                for row in Rehearsal(catalog, architecture, Path(folder)).rows():
                    rows.append(row)
                    print(row.line(), flush=True)
    except SuiteError as error:
        print(error, file=sys.stderr)
        return 1
    wrong = [row for row in rows if row.off is not None and abs(row.off) > SIZE_TOLERANCE]
    for row in wrong:
        print(f"{row.architecture} {row.mode}: {row.off:+.2%} off the user's size", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
