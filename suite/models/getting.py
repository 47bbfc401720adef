"""Getting weights: downloaded, verified, taken out of archives, exported from checkpoints."""

import hashlib
import importlib
import logging
import shutil
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

from suite.cards import Architecture, ModelCard
from suite.errors import ModelError
from suite.models.onnx_file import read_onnx_file
from suite.models.pins import pin, pinned

Say = Callable[[str], None]
_TRIES = 3
_PAUSE_S = 1.0
# No byte for so long is a connection that is dead; a slow one is waited for.
_SILENCE_S = 30


def get_weights(
    model: ModelCard, folder: Path, *, trust_first_use: bool, progress: bool, say: Say
) -> Path:
    """Put a model's ONNX file into a folder, verified before it is there under its name.

    Parameters
    ----------
    trust_first_use : pin the hash of what has no published one, instead of refusing it
    progress : show a bar on the terminal

    Raises
    ------
    ModelError
        where it cannot be had: no address, no connection, other bytes, a bad archive, no PyTorch.
    """
    source, target = model.source, folder / model.source.file
    folder.mkdir(parents=True, exist_ok=True)
    if source.sha256 is None and target.is_file():
        _verify(target, _sha256(target), None, model, trust_first_use)
        return target
    if source.checkpoint is None:
        if source.member is None:
            return _download(model, source.file, source.sha256, folder, trust_first_use, progress)
        archive = _download(model, _name_of(source.url), None, folder, True, progress)
        try:
            _extract(archive, source.member, target, model, trust_first_use)
        finally:
            archive.unlink()
        return target
    checkpoint = folder / source.checkpoint.file
    if not checkpoint.is_file():
        checkpoint = _download(
            model,
            source.checkpoint.file,
            source.checkpoint.sha256,
            folder,
            trust_first_use,
            progress,
        )
    else:
        _verify(checkpoint, _sha256(checkpoint), source.checkpoint.sha256, model, trust_first_use)
    say(f"{model.id}: exporting {checkpoint.name} to {target.name}")
    _export(checkpoint, source.checkpoint.architecture, target)
    digest = read_onnx_file(target).sha256
    if source.sha256 is None:
        # Made here from verified bytes; another exporter's version gives other ones.
        pin(target, digest)
    else:
        _verify(target, digest, source.sha256, model, trust_first_use)
    return target


def _download(
    model: ModelCard,
    name: str,
    sha256: str | None,
    folder: Path,
    trust_first_use: bool,
    progress: bool,
) -> Path:
    url = model.source.url
    if url is None:
        where = f"; download it by hand from {model.source.page}" if model.source.page else ""
        raise ModelError(f"{model.id}: there is no address of {name!r}{where} into {folder}.")
    if sha256 is None and not trust_first_use:
        raise ModelError(
            f"{model.id}: nobody publishes the SHA-256 of {name!r} at {url}; --trust-first-use "
            "pins the one that comes."
        )
    fresh = folder / f".{name}.part"
    try:
        _fetch(url, fresh, progress)
        digest = _sha256(fresh)
        if sha256 is not None and digest != sha256:
            raise ModelError(
                f"{url}: came with the SHA-256 {digest}, {model.card_file} says {sha256}; nothing "
                "was kept."
            )
        fresh.replace(folder / name)
    finally:
        fresh.unlink(missing_ok=True)
    if sha256 is None and model.source.member is None:
        pin(folder / name, digest)
    return folder / name


def _fetch(url: str, target: Path, progress: bool) -> None:
    pooch, requests = _library("pooch"), _library("requests")
    logging.getLogger("pooch").setLevel(logging.ERROR)
    downloader = pooch.HTTPDownloader(progressbar=progress, timeout=_SILENCE_S)
    for attempt in range(1, _TRIES + 1):
        try:
            downloader(url, str(target), None)
            return
        except requests.exceptions.RequestException as error:
            target.unlink(missing_ok=True)
            answered = getattr(error, "response", None)
            status = getattr(answered, "status_code", None)
            final = status is not None and 400 <= status < 500
            if final or attempt == _TRIES:
                said = f"the server answered {status}" if status else _reason(error)
                tries = "" if final else f", {attempt} times"
                raise ModelError(
                    f"{url}: cannot be downloaded ({said}{tries}); try later, or download it by "
                    "hand and name its folder with --weights-dir."
                ) from None
            time.sleep(_PAUSE_S * attempt)
        except OSError as error:
            raise ModelError(f"{target.parent}: cannot write there ({error.strerror}).") from None


def _library(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise ModelError(
            "downloading needs pooch: pip install 'face-quant-gate[weights]', or download by hand "
            "and name the folder with --weights-dir."
        ) from None


def _reason(error: Exception) -> str:
    return type(error).__name__


def _extract(
    archive: Path, member: str, target: Path, model: ModelCard, trust_first_use: bool
) -> None:
    fresh = target.with_name(f".{target.name}.part")
    try:
        with zipfile.ZipFile(archive) as opened:
            for name in opened.namelist():
                inside = PurePosixPath(name.replace("\\", "/"))
                if inside.is_absolute() or ".." in inside.parts or ":" in inside.parts[0]:
                    raise ModelError(
                        f"{archive}: has a member outside its folder ({name!r}); it is not what "
                        "it should be: nothing was taken out."
                    )
            if member not in opened.namelist():
                held = ", ".join(opened.namelist()[:10])
                raise ModelError(f"{archive}: holds no {member!r} (it holds {held}).")
            with opened.open(member) as packed, fresh.open("wb") as stream:
                shutil.copyfileobj(packed, stream, 1 << 20)
        _verify(target, _sha256(fresh), model.source.sha256, model, trust_first_use)
        fresh.replace(target)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ModelError(
            f"{model.source.url}: is no readable ZIP archive ({error}); nothing was kept."
        ) from None
    finally:
        fresh.unlink(missing_ok=True)


def _verify(
    path: Path, digest: str, sha256: str | None, model: ModelCard, trust_first_use: bool
) -> None:
    """Hold a hash against the published or the pinned one; pin it where there is none."""
    known = sha256 or pinned(path)
    if known is None:
        if not trust_first_use:
            raise ModelError(
                f"{path}: nobody publishes its SHA-256; it is {digest}: --trust-first-use pins it."
            )
        pin(path, digest)
    elif digest != known:
        raise ModelError(
            f"{path}: its SHA-256 is {digest}, and {known} is expected for {model.id}; get the "
            "right file."
        )


def _export(checkpoint: Path, architecture: Architecture, target: Path) -> None:
    try:
        from suite.export import export_checkpoint
    except ImportError as error:
        raise ModelError(
            f"{checkpoint}: exporting it needs PyTorch ({error}): "
            "pip install 'face-quant-gate[export]'."
        ) from None
    export_checkpoint(checkpoint, architecture, target)


def _name_of(url: str | None) -> str:
    return PurePosixPath(str(url)).name


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
