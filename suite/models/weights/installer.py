"""Weights put where models are looked for: downloaded, taken out of archives, exported."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import quote, urljoin

from suite.catalog.errors import ModelError, writing
from suite.catalog.files import is_file, real_path, sha256_of
from suite.catalog.lock import Lock
from suite.catalog.model_card import ModelCard
from suite.catalog.source import CheckpointSpec, SourceSpec
from suite.models.onnx_file import load_graph, read_onnx_file
from suite.models.pins import PINS, pinned
from suite.models.weights.archive import extract
from suite.models.weights.checkpoint import Export, exporter
from suite.models.weights.downloads import Downloads, name_at
from suite.models.weights.staging import complete, put, refuse_outside, staged
from suite.models.weights.trust import pin_new, refuse_other, refuse_untrusted, verify

Say = Callable[[str], None]
# What Python, pytest, this suite, a loader or a shell reads by its name alone.
_READ_BY_PROGRAMS = re.compile(
    r"\.(py[a-z]?|_?pth|so|dll|dylib|exe|com|bat|cmd|ps1|sh|toml|jsonl?|ini|cfg|conf|ya?ml|xml"
    r"|html?|js|csv|txt|md|onnx|zip|tar|whl|egg-link)$|\.so\.|^(gnu)?makefile$|^dockerfile$"
)


def get_weights(
    model: ModelCard,
    folder: Path,
    downloads: Downloads,
    *,
    here: Path | None = None,
    kept: Collection[Path] = (),
    trust_first_use: bool,
    say: Say,
) -> Path:
    """Put a model's ONNX file into a folder, verified before it is there under its name.

    An archive or checkpoint that lies in the folder already is used and left there.

    Parameters
    ----------
    downloads : what brings files into that folder
    here : the ONNX file, where it lies elsewhere already
    kept : places of other files, under which a model's data is not written
    trust_first_use : pin the hash of what has no published one, instead of refusing it

    Raises
    ------
    ModelError
        where it cannot be had: no address, no connection, other bytes, a bad archive, no PyTorch,
        no room, a place outside the folder.
    """
    target = here or folder / model.source.file
    if here is None:
        refuse_outside(folder, target)
    other = "give another folder with --weights-dir"
    with (
        writing(folder, "cannot write weights there", other, ModelError),
        Lock(target.with_name(f".{target.name}.lock")),
    ):
        places = frozenset(map(real_path, kept))
        _get(_Order(model, folder, downloads, places, trust_first_use, say), target)
    return target


@dataclass(frozen=True)
class _Order:
    """What is to be got, where to, and how."""

    model: ModelCard
    folder: Path
    downloads: Downloads
    kept: frozenset[Path]
    trust: bool
    say: Say

    @property
    def source(self) -> SourceSpec:
        """Where the card says it is from."""
        return self.model.source

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where it is downloaded; a ModelError where the card names nothing."""
        source = self.source
        if not source.addresses:
            wanted = source.checkpoint.file if source.checkpoint else source.file
            by_hand = f"; download it by hand from {source.page}" if source.page else ""
            raise ModelError(
                where=self.model.id,
                what=f"there is no address of {wanted!r}{by_hand} into {self.folder}.",
            )
        return source.addresses


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
        verify(target, digest, source.sha256, order.model, trust=order.trust, may_pin=True)
    elif source.checkpoint:
        _exported(order, source.checkpoint, target)
    elif source.member:
        _unpacked(order, source.member, target)
    else:
        _download_onnx(order, target)


def _download_onnx(order: _Order, target: Path) -> None:
    """Fetch a model, and what it refers to from beside its address."""
    published = order.source.sha256
    known = _known(order, target, published)

    def take(url: str) -> str:
        def bring(name: str, place: Path) -> None:
            _move(order, urljoin(url, quote(name)), place)

        with staged(target) as fresh:
            _move(order, url, fresh)
            digest = complete(fresh, bring, lambda name: _refuse_taken(order, target, name))
            refuse_other(url, order.model, digest, known, published)
            _accept_onnx(order, url, fresh)
            put(fresh, target)
        return digest

    pin_new(target, order.downloads.from_first(order.addresses, take), published)


def _refuse_taken(order: _Order, target: Path, name: str) -> None:
    """Refuse a model's data under a name that the suite or another card has for a file of its own.

    Else a model could trust others in its stead, or be taken for one of them. Nor does it get the
    name of what programs run or read unasked, as pytest a conftest.py, and the suite a card.
    """
    parts = [part.casefold() for part in PurePosixPath(name).parts]
    own = PINS in parts or any(part.startswith(".") for part in parts)
    if own or real_path(target.parent / name) in order.kept:
        raise ModelError(
            where=target,
            what=f"what came keeps its data in {name!r}, a name that other files have here; get it "
            "from another address.",
        )
    if (what_runs := _READ_BY_PROGRAMS.search(parts[-1])) is not None:
        raise ModelError(
            where=target,
            what=f"what came keeps its data in {name!r}, and files with {what_runs[0]!r} are read "
            "or run by programs; get it from another address.",
        )


def _move(order: _Order, url: str, place: Path) -> None:
    with order.downloads.file(url) as came:
        came.replace(place)


def _accept_onnx(order: _Order, url: str, fresh: Path) -> None:
    """Refuse what is no such ONNX model before its hash is trusted."""
    try:
        _onnx_sha256(fresh, order.model)
    except ModelError as error:
        raise ModelError(where=url, what=f"what came {error.what} Nothing was kept.") from None


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
    refuse_outside(order.folder, checkpoint)
    here = is_file(checkpoint)
    addresses = () if here else order.addresses
    known = wanted.sha256 if here else _known(order, checkpoint, wanted.sha256)
    export = exporter(checkpoint)  # before a download that it would be needed for
    if here:
        digest = sha256_of(checkpoint)
        verify(checkpoint, digest, known, order.model, trust=order.trust, may_pin=False)
        _export(order, export, checkpoint, target)
        pin_new(checkpoint, digest, wanted.sha256)
    else:
        with Lock(checkpoint.with_name(f".{checkpoint.name}.lock")), staged(checkpoint) as fresh:

            def take(url: str) -> str:
                with order.downloads.file(url) as came:
                    digest = sha256_of(came)
                    refuse_other(url, order.model, digest, known, wanted.sha256)
                    came.replace(fresh)
                return digest

            digest = order.downloads.from_first(addresses, take)
            _export(order, export, fresh, target)
            pin_new(checkpoint, digest, wanted.sha256)
            fresh.replace(checkpoint)


def _export(order: _Order, export: Export, checkpoint: Path, target: Path) -> None:
    assert order.source.checkpoint
    order.say(f"{order.model.id}: exporting a checkpoint to {target.name}")
    with staged(target) as fresh:
        export(checkpoint, order.source.checkpoint.architecture, fresh)
        # Made here from verified bytes; another exporter's version gives other ones. Pinned before
        # it is there: killed between, the next command would not know it.
        pin_new(target, _onnx_sha256(fresh, order.model), order.source.sha256)
        fresh.replace(target)


def _unpacked(order: _Order, member: str, target: Path) -> None:
    addresses = order.addresses
    refuse_untrusted(
        f"{member!r} of {name_at(addresses[0])}",
        addresses[0],
        order.source.sha256 or pinned(target),
        trust=order.trust,
    )
    for archive in (order.folder / name_at(address) for address in addresses):
        if is_file(archive):
            order.say(f"{order.model.id}: taking {member} out of {archive}")
            _take_out(archive, member, target, order, archive)
            return

    def take(url: str) -> None:
        with order.downloads.file(url) as archive:
            _take_out(archive, member, target, order, url)

    order.downloads.from_first(addresses, take)


def _take_out(archive: Path, member: str, target: Path, order: _Order, origin: object) -> None:
    published = order.source.sha256

    def bring(name: str, place: Path) -> None:
        extract(archive, (PurePosixPath(member).parent / name).as_posix(), place, origin)

    with staged(target) as fresh:
        extract(archive, member, fresh, origin)
        digest = complete(fresh, bring, lambda name: _refuse_taken(order, target, name))
        if published is None:
            _accept_onnx(order, str(origin), fresh)
        verify(target, digest, published, order.model, trust=order.trust, may_pin=True)
        put(fresh, target)


def _known(order: _Order, target: Path, published: str | None) -> str | None:
    """The hash that what is fetched must have; None where the first one is trusted."""
    known = published or pinned(target)
    refuse_untrusted(repr(target.name), order.addresses[0], known, trust=order.trust)
    return known
