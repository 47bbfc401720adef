"""Weights put where models are looked for: downloaded, taken out of archives, exported."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import quote, urljoin

from suite.catalog.errors import ModelError
from suite.catalog.files import is_file, sha256_of
from suite.catalog.lock import Lock
from suite.catalog.model_card import ModelCard
from suite.catalog.source import Architecture, CheckpointSpec, SourceSpec
from suite.models.onnx_file import load_graph, read_onnx_file
from suite.models.pins import PINS, pin, pinned
from suite.models.weights.archive import extract
from suite.models.weights.checkpoint import exporter
from suite.models.weights.download import fetch
from suite.models.weights.staging import complete, put, staged

Say = Callable[[str], None]


def get_weights(
    model: ModelCard,
    folder: Path,
    *,
    here: Path | None = None,
    trust_first_use: bool,
    progress: bool,
    say: Say,
) -> Path:
    """Put a model's ONNX file into a folder, verified before it is there under its name.

    An archive or checkpoint that lies in the folder already is used and left there.

    Parameters
    ----------
    here : the ONNX file, where it lies elsewhere already
    trust_first_use : pin the hash of what has no published one, instead of refusing it
    progress : show a bar on the terminal

    Raises
    ------
    ModelError
        where it cannot be had: no address, no connection, other bytes, a bad archive, no PyTorch,
        no room.
    """
    target = here or folder / model.source.file
    try:
        with Lock(target.with_name(f".{target.name}.lock")):
            _get(_Order(model, folder, trust_first_use, progress, say), target)
    except OSError as error:
        raise ModelError(
            where=folder,
            what=f"cannot write weights there ({error.strerror or error}); give a folder with "
            "room by --weights-dir.",
        ) from None
    return target


@dataclass(frozen=True)
class _Order:
    """What is to be got, where to, and how."""

    model: ModelCard
    folder: Path
    trust_first_use: bool
    progress: bool
    say: Say

    @property
    def source(self) -> SourceSpec:
        """Where the card says it is from."""
        return self.model.source


def _get(order: _Order, target: Path) -> None:
    source = order.source
    if is_file(target):
        digest = _onnx_sha256(target, order.model)
        if source.sha256 not in (None, digest):
            raise ModelError(
                where=target,
                what=f"has the SHA-256 {digest}, not the published {source.sha256}; move it "
                "away to get the published one.",
            )
        _verify(target, digest, source.sha256, order)
    elif source.checkpoint:
        _exported(order, source.checkpoint, target)
    elif source.member:
        _unpacked(order, source.member, target)
    else:
        _download_onnx(order, target)


def _download_onnx(order: _Order, target: Path) -> None:
    """Fetch a model, and what it refers to from beside its address."""
    source = order.source
    known = source.sha256 or pinned(target)
    _refuse_untrusted(order, target, known)

    def bring(name: str, place: Path) -> None:
        fetch(urljoin(str(source.url), quote(name)), place, order.folder, progress=order.progress)

    with staged(target) as fresh:
        _fetch(order, fresh)
        digest = complete(fresh, bring)
        _refuse_other(order, digest, known, source.sha256)
        _accept_onnx(order, fresh)
        put(fresh, target)
    _pin_new(target, digest, source.sha256)


def _accept_onnx(order: _Order, fresh: Path) -> None:
    """Refuse what is no such ONNX model before its hash is trusted."""
    try:
        _onnx_sha256(fresh, order.model)
    except ModelError as error:
        raise ModelError(
            where=order.source.url, what=f"what came {error.what} Nothing was kept."
        ) from None


def _onnx_sha256(path: Path, model: ModelCard) -> str:
    """The hash of an ONNX file that takes the images of the card's size."""
    spec = model.preprocess
    wanted = spec.shape(1)[1:]
    shapes = [
        [dim.dim_value for dim in port.type.tensor_type.shape.dim][1:]
        for port in load_graph(path).graph.input
    ]
    fits = any(
        len(shape) == 3
        and all(given in (0, size) for given, size in zip(shape, wanted, strict=True))
        for shape in shapes
    )
    if not fits:
        raise ModelError(
            where=path,
            what=f"takes no images of {spec.height} × {spec.width} in {spec.layout}, as the "
            f"card of {model.id} says; get the right file.",
        )
    return read_onnx_file(path).sha256


def _exported(order: _Order, wanted: CheckpointSpec, target: Path) -> None:
    checkpoint = order.folder / wanted.file
    if is_file(checkpoint):
        digest = sha256_of(checkpoint)
        _verify(checkpoint, digest, wanted.sha256, order, may_pin=False)
        _export(order, checkpoint, wanted.architecture, target)
        _pin_new(checkpoint, digest, wanted.sha256)
    else:

        def export(fresh: Path) -> None:
            _export(order, fresh, wanted.architecture, target)

        _download(order, checkpoint, wanted.sha256, export)
    # Made here from verified bytes; another exporter's version gives other ones.
    _pin_new(target, _onnx_sha256(target, order.model), order.source.sha256)


def _unpacked(order: _Order, member: str, target: Path) -> None:
    archive = order.folder / PurePosixPath(str(order.source.url)).name
    if order.source.sha256 is None and pinned(target) is None and not order.trust_first_use:
        raise _untrusted(f"{member!r} of {archive.name}", f"at {order.source.url}")
    if is_file(archive):
        order.say(f"{order.model.id}: taking {member} out of {archive}")
        _take_out(archive, member, target, order)
        return
    fetched = target.with_name(f".{target.name}.{archive.name}.part")
    try:
        _fetch(order, fetched)
        _take_out(fetched, member, target, order)
    finally:
        fetched.unlink(missing_ok=True)


def _download(
    order: _Order, target: Path, sha256: str | None, accept: Callable[[Path], None]
) -> None:
    """Fetch a file, and give it its name only when its hash is right and it is accepted."""
    known = sha256 or pinned(target)
    _refuse_untrusted(order, target, known)
    fresh = target.with_name(f".{target.name}.part")
    try:
        _fetch(order, fresh)
        digest = sha256_of(fresh)
        _refuse_other(order, digest, known, sha256)
        accept(fresh)
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)
    _pin_new(target, digest, sha256)


def _refuse_untrusted(order: _Order, target: Path, known: str | None) -> None:
    url = order.source.url
    if url and known is None and not order.trust_first_use:
        raise _untrusted(repr(target.name), f"at {url}")


def _refuse_other(order: _Order, digest: str, known: str | None, sha256: str | None) -> None:
    if known is not None and digest != known:
        by = str(order.model.card_file) if sha256 else f"{PINS} beside it, of the first use,"
        raise ModelError(
            where=order.source.url,
            what=f"came with the SHA-256 {digest}, {by} says {known}; nothing was kept.",
        )


def _pin_new(path: Path, digest: str, published: str | None) -> None:
    if published is None:
        pin(path, digest)


def _untrusted(what: str, where: str) -> ModelError:
    return ModelError(
        where=what,
        what=f"nobody publishes the SHA-256 of what is {where}; --trust-first-use pins the one "
        "that comes.",
    )


def _fetch(order: _Order, target: Path) -> None:
    source = order.source
    if source.url is None:
        wanted = source.checkpoint.file if source.checkpoint else source.file
        by_hand = f"; download it by hand from {source.page}" if source.page else ""
        raise ModelError(
            where=order.model.id,
            what=f"there is no address of {wanted!r}{by_hand} into {order.folder}.",
        )
    fetch(source.url, target, order.folder, progress=order.progress)


def _take_out(archive: Path, member: str, target: Path, order: _Order) -> None:
    origin = archive if not archive.name.startswith(".") else order.source.url

    def bring(name: str, place: Path) -> None:
        extract(archive, (PurePosixPath(member).parent / name).as_posix(), place, origin)

    with staged(target) as fresh:
        extract(archive, member, fresh, origin)
        digest = complete(fresh, bring)
        if order.source.sha256 is None:
            _accept_onnx(order, fresh)
        _verify(target, digest, order.source.sha256, order)
        put(fresh, target)


def _verify(
    path: Path, digest: str, sha256: str | None, order: _Order, *, may_pin: bool = True
) -> None:
    """Hold a hash against the published or the pinned one; pin it where there is none."""
    known = sha256 or pinned(path)
    if known is None:
        if not order.trust_first_use:
            raise ModelError(
                where=path,
                what=f"nobody publishes its SHA-256; it is {digest}: --trust-first-use pins it.",
            )
        if may_pin:
            pin(path, digest)
    elif digest != known:
        other = "" if sha256 else f", or trust it anew: delete its line in {path.parent / PINS}"
        raise ModelError(
            where=path,
            what=f"its SHA-256 is {digest}, and {known} is expected for {order.model.id}; get "
            f"the right file{other}.",
        )


def _export(order: _Order, checkpoint: Path, architecture: Architecture, target: Path) -> None:
    export = exporter(checkpoint)
    order.say(f"{order.model.id}: exporting a checkpoint to {target.name}")
    export(checkpoint, architecture, target)
