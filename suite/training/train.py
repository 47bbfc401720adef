"""Train the four embedded families and export them: ``python -m suite.training.train``.

Everything follows from the seeds in this module; two runs on one machine give the same weights.
Takes about six minutes a model on one core.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import Pool
from pathlib import Path
from typing import TextIO

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from suite.export import to_onnx
from suite.training import networks
from suite.training.losses import AdaptiveMargin, ArcMargin, CosineMargin, MarginLoss, Prototypes
from suite.training.people import Split
from suite.training.rendering import SIZE_PX
from suite.training.sets import picture

IDENTITIES = 500
PICTURES = 24
BATCH = 96
SEED = 20261124


@dataclass(frozen=True)
class Family:
    """How one family is trained; ``scale`` and ``mean`` as its card's preprocessing has them."""

    network: Callable[[], nn.Module]
    loss: Callable[[], MarginLoss]
    size_px: int
    divisor: float
    swap_to_bgr: bool
    pictures: int
    epochs: int


FAMILIES = {
    "facenet": Family(
        networks.InceptionResnet, lambda: CosineMargin(0.20, 24), 160, 128.0, False, 16, 7
    ),
    "arcface": Family(networks.IResNet, lambda: ArcMargin(0.30, 32), 112, 127.5, False, 24, 8),
    "insightface": Family(
        networks.MobileFaceNet, lambda: ArcMargin(0.30, 32), 112, 127.5, False, 16, 6
    ),
    "adaface": Family(networks.AdaFace, lambda: AdaptiveMargin(0.35, 32), 112, 127.5, True, 24, 6),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Train the chosen families one after the other; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m suite.training.train", description=__doc__)
    parser.add_argument("--families", default=",".join(FAMILIES), help="comma-separated")
    parser.add_argument("--out", type=Path, default=Path("fixtures/embedded"))
    parser.add_argument("--log", type=Path, default=Path("docs/training-log.txt"))
    parser.add_argument("--threads", type=int, default=1)
    chosen = parser.parse_args(arguments)
    wanted = chosen.families.split(",")
    unknown = sorted(set(wanted) - set(FAMILIES))
    if unknown:
        parser.error(f"unknown family {unknown[0]!r}: choose from {', '.join(FAMILIES)}")
    torch.set_num_threads(chosen.threads)
    torch.use_deterministic_algorithms(True)
    cv2.setNumThreads(1)
    chosen.out.mkdir(parents=True, exist_ok=True)
    chosen.log.parent.mkdir(parents=True, exist_ok=True)
    with chosen.log.open("a", encoding="utf-8") as log:
        started = time.monotonic()
        faces = _pool("training", IDENTITIES, PICTURES)
        unseen = _pool("validation", 40, 12)
        _say(
            log,
            f"rendered {len(faces) * PICTURES} + {len(unseen) * 12} pictures, "
            f"{time.monotonic() - started:.0f} s",
        )
        for family in wanted:
            train(family, faces, unseen, chosen.out / f"{family}.onnx", log)
    return 0


def train(
    name: str,
    faces: npt.NDArray[np.uint8],
    unseen: npt.NDArray[np.uint8],
    file: Path,
    log: TextIO,
) -> None:
    """Train one family on faces uint8 [identities, pictures, 112, 112, 3] and write its ONNX."""
    family = FAMILIES[name]
    torch.manual_seed(SEED)
    network = family.network().to(memory_format=torch.channels_last)
    prototypes = Prototypes(len(faces), networks.EMBEDDING_DIM)
    margin = family.loss()
    images = faces[:, : family.pictures].reshape(-1, *faces.shape[2:])
    labels = np.repeat(np.arange(len(faces)), family.pictures)
    steps = family.epochs * (len(images) // BATCH)
    optimizer = torch.optim.AdamW(_parameter_groups(network, prototypes), lr=3e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, steps, pct_start=0.15)
    trained = [*network.parameters(), *prototypes.parameters()]
    count = sum(parameter.numel() for parameter in network.parameters())
    _say(log, f"{name}: {count} parameters, {len(images)} pictures, {steps} steps of {BATCH}")
    started, losses, hits = time.monotonic(), [], []
    for step, chosen in enumerate(_batches(len(images), family.epochs)):
        batch = _augmented(images[chosen], family)
        target = torch.from_numpy(labels[chosen])
        embeddings, norms = _forward(network, batch)
        cosines = prototypes(embeddings)
        ramp = float(np.clip((step / steps - 0.1) / 0.4, 0, 1))
        loss = functional.cross_entropy(margin(cosines, target, norms, ramp), target)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(trained, 5.0)
        optimizer.step()
        schedule.step()
        losses.append(float(loss.detach()))
        hits.append(float((cosines.argmax(1) == target).float().mean()))
        if (step + 1) % 100 == 0 or step + 1 == steps:
            elapsed = time.monotonic() - started
            _say(
                log,
                f"{name}: step {step + 1}/{steps}  loss {np.mean(losses[-100:]):.3f}"
                f"  identified {np.mean(hits[-100:]):.3f}  {elapsed:.0f} s"
                f"  {elapsed / (step + 1) * (steps - step - 1):.0f} s to go",
            )
    network.eval()
    _say(log, f"{name}: 40 people of no other split, {_unseen_figures(network, unseen, family)}")
    export(network, family.size_px, file)
    _say(log, f"{name}: {file.name}, {file.stat().st_size} bytes")


def export(network: nn.Module, size_px: int, file: Path) -> None:
    """Write a network as ONNX, with the outputs that its card names."""
    two = isinstance(network, networks.AdaFace)
    to_onnx(network, size_px, ("feature", "norm") if two else ("embedding",), file)


def _pool(split: Split, identities: int, pictures: int) -> npt.NDArray[np.uint8]:
    with Pool() as workers:
        rows = workers.map(_row, [(split, person, pictures) for person in range(identities)], 5)
    return np.stack(rows)


def _row(task: tuple[Split, int, int]) -> npt.NDArray[np.uint8]:
    split, person, pictures = task
    cv2.setNumThreads(1)
    rng = np.random.default_rng([SEED, person])
    strengths = rng.uniform(0.5, 1.2, pictures) if split == "training" else np.ones(pictures)
    row = np.empty((pictures, SIZE_PX, SIZE_PX, 3), np.uint8)
    for number, strength in enumerate(strengths):
        data = np.frombuffer(picture(split, person, number, float(strength)), np.uint8)
        bgr = cv2.imdecode(data, cv2.IMREAD_COLOR)
        assert bgr is not None, "a JPEG just encoded"
        row[number] = bgr[..., ::-1]
    return row


def _batches(images: int, epochs: int) -> Iterator[npt.NDArray[np.int64]]:
    rng = np.random.default_rng(SEED)
    for _ in range(epochs):
        order = rng.permutation(images)
        for start in range(0, images // BATCH * BATCH, BATCH):
            yield order[start : start + BATCH]


def _augmented(batch: npt.NDArray[np.uint8], family: Family) -> Tensor:
    x = torch.from_numpy(batch).permute(0, 3, 1, 2)
    flipped = torch.rand(len(x)) < 0.5
    x = torch.where(flipped[:, None, None, None], x.flip(3), x)
    right, down = (int(v) for v in torch.randint(0, 7, (2,)))
    padded = functional.pad(x.float(), (3, 3, 3, 3), mode="replicate")
    return _prepared(padded[:, :, down : down + x.shape[2], right : right + x.shape[3]], family)


def _prepared(x: Tensor, family: Family) -> Tensor:
    if family.swap_to_bgr:
        x = x.flip(1)
    if family.size_px != x.shape[2]:
        x = functional.interpolate(x, (family.size_px, family.size_px), mode="bilinear")
    return ((x - 127.5) / family.divisor).to(memory_format=torch.channels_last)


def _forward(network: nn.Module, batch: Tensor) -> tuple[Tensor, Tensor]:
    if isinstance(network, networks.AdaFace):
        feature, norm = network(batch)
        return feature, norm
    embedding = network(batch)
    return embedding, embedding.norm(dim=1, keepdim=True)


def _parameter_groups(network: nn.Module, prototypes: nn.Module) -> list[dict[str, object]]:
    # Decay shrinks what has a direction; slopes and BatchNorm's scales it would only drag to zero.
    every = [*network.parameters(), *prototypes.parameters()]
    return [
        {"params": [p for p in every if p.ndim > 1], "weight_decay": 0.05},
        {"params": [p for p in every if p.ndim <= 1], "weight_decay": 0.0},
    ]


def _unseen_figures(network: nn.Module, unseen: npt.NDArray[np.uint8], family: Family) -> str:
    flat = unseen.reshape(-1, *unseen.shape[2:])
    with torch.no_grad():
        x = torch.from_numpy(flat).permute(0, 3, 1, 2).float()
        parts = [_forward(network, _prepared(part, family))[0] for part in x.split(48)]
    embeddings = functional.normalize(torch.cat(parts)).numpy()
    people = np.repeat(np.arange(len(unseen)), unseen.shape[1])
    first, second = np.triu_indices(len(people), 1)
    same = people[first] == people[second]
    scores = (embeddings[first] * embeddings[second]).sum(axis=1)
    threshold = np.sort(scores[~same])[::-1][int(0.001 * (~same).sum())]
    tar = float((scores[same] > threshold).mean())
    rng = np.random.default_rng(SEED)
    impostors = rng.permutation(scores[~same])[: int(same.sum())]
    cut = np.sort(np.concatenate([scores[same], impostors]))
    right = [float(((scores[same] > t).mean() + (impostors <= t).mean()) / 2) for t in cut[::20]]
    return f"accuracy {max(right):.3f} (best threshold), TAR@FAR=1e-3 over all pairs {tar:.3f}"


def _say(log: TextIO, line: str) -> None:
    print(line, file=sys.stderr, flush=True)
    log.write(line + "\n")
    log.flush()


if __name__ == "__main__":
    sys.exit(main())
