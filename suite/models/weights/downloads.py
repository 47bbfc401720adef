"""What one command downloads: each address once, from the first mirror that gives it."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import quote, unquote, urlsplit

from suite.catalog.address import HubFile
from suite.catalog.errors import ModelError
from suite.models.weights.download import DownloadError, fetch
from suite.models.weights.meter import Meter
from suite.models.weights.partial import Partial

T = TypeVar("T")
# As huggingface_hub has it, so that a mirror is named once for both.
_ENDPOINT = "HF_ENDPOINT"


class Downloads:
    """Files that come into a folder; at its end those that nobody took are removed.

    Two processes that want the same address wait for each other. A file of which a part came when
    the connection broke, or the process was killed, stays, and the next command goes on with it.
    """

    def __init__(self, folder: Path, meter: Meter | None = None) -> None:
        self._folder = folder
        self._meter = meter or Meter(None)
        self._gone_on_with: set[str] = set()
        self._brought: dict[str, tuple[Partial, int]] = {}

    def __enter__(self) -> Self:
        """Bring nothing yet."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Remove what was brought whole and nobody else uses."""
        for partial, _ in self._brought.values():
            lock = partial.lock
            if partial.path.exists() and lock.acquire(wait=False):
                partial.forget()
                lock.release()

    @contextmanager
    def file(self, url: str) -> Iterator[Path]:
        """The whole file at an address, while nobody else has it; it is there once more if asked.

        Whoever finds it wrong, or wants it for good, removes or moves it. One that an error was
        raised over is removed.

        Raises
        ------
        ModelError, OSError
            as `fetch`.
        """
        partial = Partial(self._folder, url)
        with partial.lock:
            if self._brought.get(url) != (partial, partial.size):
                if partial.begun():
                    self._gone_on_with.add(url)
                fetch(partial, self._meter)
                self._brought[url] = (partial, partial.size)
            try:
                yield partial.path
            except ModelError:
                partial.forget()
                raise
            if not partial.path.exists():
                partial.forget()

    def from_first(self, addresses: Sequence[str], take: Callable[[str], T]) -> T:
        """What is had from the first address that gives it, as `web_address` makes it of each.

        Where what is taken is wrong, and a part of it was here, that is fetched anew once.

        Raises
        ------
        ModelError
            where none gives it: of one address its own, of several one that says of each why.
        """
        failed: list[ModelError] = []
        for address in addresses:
            self._gone_on_with.clear()
            try:
                return take(web_address(address))
            except ModelError as error:
                failed.append(error)
            if self._gone_on_with and not isinstance(failed[-1], DownloadError):
                try:
                    return take(web_address(address))
                except ModelError as error:
                    failed[-1] = error
        if len(failed) == 1:
            raise failed[0]
        each = zip(addresses, failed, strict=True)
        said = "; ".join(f"{error.where or address}: {_short(error)}" for address, error in each)
        raise ModelError(f"none of {len(failed)} addresses gave it: {said}.")


def web_address(address: str) -> str:
    """The address of HTTP or HTTPS of one that a card names.

    The environment's HF_ENDPOINT names a mirror of Hugging Face.

    >>> web_address("hf://ann/faces@v1.0/onnx/net.onnx")
    'https://huggingface.co/ann/faces/resolve/v1.0/onnx/net.onnx'

    Raises
    ------
    ModelError
        where that is no such address.
    """
    file = HubFile.parse(address)
    if file is None:
        return address
    hub = os.environ.get(_ENDPOINT, "").rstrip("/") or "https://huggingface.co"
    if not _is_web(hub):
        raise ModelError(
            where=_ENDPOINT,
            what=f"is no address of the web ({hub!r}); give http:// or https:// and a host, or "
            "unset it.",
        )
    return f"{hub}/{file.owner}/{file.name}/resolve/{file.revision}/{quote(file.file)}"


def name_at(address: str) -> str:
    """The name of the file at an address."""
    return PurePosixPath(unquote(urlsplit(web_address(address)).path)).name


def _is_web(address: str) -> bool:
    try:
        parts = urlsplit(address)
        _ = parts.port  # looked at as it is asked for
    except ValueError:
        return False
    plain = not (parts.query or parts.fragment or address.endswith(("?", "#")))
    return parts.scheme in ("http", "https") and bool(parts.hostname) and plain


def _short(error: ModelError) -> str:
    return error.reason if isinstance(error, DownloadError) else error.what.rstrip(".")
