"""Downloading a file, tried anew where the connection breaks."""

import importlib
import logging
import time
from pathlib import Path
from typing import Any

from suite.catalog.errors import ModelError

_TRIES = 3
_PAUSE_S = 1.0
# No byte for so long is a connection that is dead; a slow one is waited for.
_SILENCE_S = 30
# A server that asks for patience; any other 4xx is its last word.
_BUSY = (408, 425, 429)


def fetch(url: str, target: Path, folder: Path, *, progress: bool) -> None:
    """Download a file; where that fails nothing is left.

    Parameters
    ----------
    url : its address, by HTTP or HTTPS
    target : the file to write
    folder : where a human would put it, for messages
    progress : show a bar on the terminal

    Raises
    ------
    ModelError
        where it does not come, after three tries unless the server's answer is final.
    OSError
        where it cannot be written.
    """
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
            final = status is not None and 400 <= status < 500 and status not in _BUSY
            if final or attempt == _TRIES:
                said = f"the server answered {status}" if status else _reason(error)
                tries = "" if final else f", {attempt} times"
                raise ModelError(
                    where=url,
                    what=f"cannot be downloaded ({said}{tries}); try later, or download it by "
                    f"hand into {folder}.",
                ) from None
            time.sleep(_PAUSE_S * attempt)


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
