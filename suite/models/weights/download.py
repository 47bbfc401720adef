"""Downloading a file, which goes on where the connection broke."""

import importlib
import queue
import re
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from suite.catalog.errors import ModelError
from suite.catalog.files import COUNT_OF_BYTES
from suite.models.weights.meter import Meter
from suite.models.weights.partial import Begun, Partial

# So many tries in a row that bring hardly anything new, and so many in all.
_TRIES, _MOST_TRIES = 3, 100
_PAUSE_S = 1.0
# No byte for so long is a connection that is dead; a slow one is waited for.
_SILENCE_S = 30
# Less than so many bytes in such a time is a server that holds on to whoever asks.
_FEWEST_BYTES, _WHILE_S = 64 << 10, 60
# A server that asks for patience; any other 4xx is its last word.
_BUSY = (408, 425, 429)
_GONE = (404, 410)
_CHUNK = 1 << 16
_UNSATISFIABLE = 416
# No recogniser is as large; a server that sends as much fills the disk. One that does not say how
# much it sends may never end.
_LARGEST, _LARGEST_UNSAID = 16 << 30, 4 << 30


class DownloadError(ModelError):
    """A file that does not come.

    Attributes
    ----------
    reason : why, in few words
    """

    def __init__(self, url: str, reason: str, advice: str) -> None:
        # A user and password in an address are nobody's business who reads the log.
        shown = re.sub("(?<=//)[^/@]*@", "…@", url)
        super().__init__(where=shown, what=f"cannot be downloaded ({reason}); {advice}.")
        self.reason = reason


class _BrokenError(Exception):
    """What came is not to be used, or not all that should: worth another try."""


def fetch(partial: Partial, meter: Meter) -> None:
    """Download a file; what is here of it already is asked for no more.

    A server is asked for the rest of a file by its ETag, or by when it was changed (RFC 9110,
    If-Range): of a file that is another one since, the whole comes. Where it fails, what came is
    kept if a later try can go on from it.

    Parameters
    ----------
    partial : the file, by HTTP or HTTPS; its lock is held

    Raises
    ------
    DownloadError
        where it does not come, after three tries that bring hardly anything new unless the server's
        answer is final.
    ModelError
        where requests is not installed.
    OSError
        where it cannot be written.
    """
    requests = _library()
    failed, tried, most = 0, 0, partial.size
    while not partial.is_whole():
        try:
            _try(requests, partial, meter)
            return
        except (requests.exceptions.RequestException, _BrokenError, ValueError) as error:
            # ValueErrors are addresses that there cannot be, as where a server sends elsewhere.
            nowhere = isinstance(error, requests.exceptions.TooManyRedirects | ValueError)
            answer = None if nowhere else getattr(error, "response", None)
            status = getattr(answer, "status_code", None)
            final = nowhere or ((status or 0) // 100 == 4 and status not in _BUSY)
            if status in _GONE:
                partial.forget()
            partial.settle()
            brought = partial.size - most >= _FEWEST_BYTES
            failed, tried = 1 if brought else failed + 1, tried + 1
            most = max(most, partial.size)
            if final or failed == _TRIES or tried == _MOST_TRIES:
                raise _given_up(partial, error, status, 0 if final else failed) from None
            time.sleep(_PAUSE_S * failed)


def _try(requests: Any, partial: Partial, meter: Meter) -> None:
    begun, size = partial.begun(), partial.size
    headers = {"Accept-Encoding": "identity"}  # the bytes are counted as they are stored
    if begun:
        headers |= {"Range": f"bytes={size}-", "If-Range": begun.validator}
    with _answer(requests, partial.url, headers) as answer:
        _refuse_downgrade(answer)
        if answer.status_code == _UNSATISFIABLE:
            partial.forget()
            raise _BrokenError("the file changed")
        answer.raise_for_status()
        at, total = _place(answer, begun, size)
        if at is None:
            partial.forget()
            raise _BrokenError("the file changed")
        if at == 0:
            partial.begin(_validator(answer), total)
        _refuse_enormous(partial, total or 0, _LARGEST)
        meter.begin(partial.url.rsplit("/", 1)[-1], at, total)
        try:
            with partial.append() as stream:
                for chunk in _chunks(requests, answer):
                    stream.write(chunk)
                    most = _LARGEST_UNSAID if total is None else total
                    _refuse_enormous(partial, stream.tell(), min(most, _LARGEST))
                    meter.advance(len(chunk))
        finally:
            meter.end()
    if total is not None and partial.size != total:
        raise _BrokenError(f"{partial.size:,} of {total:,} bytes came")


def _answer(requests: Any, url: str, headers: dict[str, str]) -> Any:
    """A server's answer; where its head does not come whole in a while, it is given up.

    A library's timeout is of one read: a head may come letter by letter.
    """
    came: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def ask() -> None:
        try:
            came.put(requests.get(url, headers=headers, stream=True, timeout=_SILENCE_S))
        except Exception as error:  # raised again by whom it is for
            came.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = came.get(timeout=_WHILE_S)
    except queue.Empty:
        raise _BrokenError(f"no whole answer came in {_WHILE_S} s") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _chunks(requests: Any, answer: Any) -> Iterator[bytes]:
    """What comes, as it comes; where less does than any line brings, it is broken off."""
    since, came = time.monotonic(), 0
    for chunk in _read(requests, answer):
        came += len(chunk)
        yield chunk
        if time.monotonic() - since < _WHILE_S:
            continue
        if came < _FEWEST_BYTES:
            raise _BrokenError(f"{came:,} bytes came in {_WHILE_S} s")
        since, came = time.monotonic(), 0


def _read(requests: Any, answer: Any) -> Iterator[bytes]:
    """What comes, each part at once: `iter_content` would wait until a chunk is full."""
    read = getattr(answer.raw, "read1", None)
    if read is None:  # urllib3 before 2.1
        yield from answer.iter_content(_CHUNK)
        return
    urllib3 = importlib.import_module("urllib3")
    try:
        while chunk := read(_CHUNK, decode_content=True):
            yield chunk
    except urllib3.exceptions.HTTPError as error:
        raise requests.exceptions.ConnectionError(error) from None


def _place(answer: Any, begun: Begun | None, size: int) -> tuple[int | None, int | None]:
    """Where what comes begins, and the bytes of the whole; None where it is of another file."""
    partial_content = 206
    if answer.status_code != partial_content:
        said = re.fullmatch(COUNT_OF_BYTES, answer.headers.get("Content-Length", ""))
        plain = answer.headers.get("Content-Encoding", "identity") == "identity"
        return 0, int(said[0]) if said and plain else None
    found = re.fullmatch(
        rf"bytes ({COUNT_OF_BYTES})-{COUNT_OF_BYTES}/({COUNT_OF_BYTES}|\*)",
        answer.headers.get("Content-Range", ""),
    )
    if begun is None or found is None or int(found[1]) != size:
        return None, None
    total = begun.total if found[2] == "*" else int(found[2])
    same = _validator(answer) in ("", begun.validator) and total == begun.total
    return (size, total) if same else (None, None)


def _validator(answer: Any) -> str:
    """What a file is known again by; empty where nothing does, as a weak ETag, which has W/."""
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        return ""
    tag: str = answer.headers.get("ETag", "")
    changed: str = answer.headers.get("Last-Modified", "")
    known = changed if not tag or tag.startswith("W/") else tag
    return known if known.isascii() and known.isprintable() else ""


def _refuse_enormous(partial: Partial, count: int, most: int) -> None:
    if count > most:
        partial.forget()
        size = f"{most >> 30} GiB" if most in (_LARGEST, _LARGEST_UNSAID) else f"{most:,} bytes"
        raise DownloadError(
            partial.url,
            f"it is larger than {size}",
            "it is not what it should be: nothing was kept",
        )


def _refuse_downgrade(answer: Any) -> None:
    """Refuse what HTTPS leads to by plain HTTP, which anyone on the way can change."""
    way = [str(each.url) for each in (*answer.history, answer)]
    for here, there in pairwise(way):
        if here.startswith("https:") and there.startswith("http:"):
            raise ModelError(
                where=here,
                what=f"leads to plain HTTP ({there}), which anyone on the way can change; name "
                "that address itself if you trust it.",
            )


def _given_up(partial: Partial, error: Exception, status: int | None, failed: int) -> DownloadError:
    reason = f"the server answered {status}" if status else _reason(error)
    tries = f", {failed} times" if failed else ""
    refused = _library().exceptions
    proxied = isinstance(error, refused.ProxyError | refused.InvalidProxyURL)
    # Of a proxy that is no address the library speaks as if this were none.
    ways = getproxies().keys() & {urlsplit(partial.url).scheme, "all"}
    proxied |= bool(ways) and isinstance(error, refused.InvalidURL | refused.InvalidSchema)
    first = "look at the proxy that HTTPS_PROXY or HTTP_PROXY names" if proxied else "try later"
    advice = f"{first}, or download it by hand into {partial.folder}"
    if partial.size:
        advice = f"run it again to go on from {partial.size / 2**20:.1f} MiB"
    return DownloadError(partial.url, reason + tries, advice)


def _library() -> Any:
    try:
        return importlib.import_module("requests")
    except ImportError:
        raise ModelError(
            "downloading needs requests: pip install 'face-quant-gate[weights]', or download by "
            "hand and name the folder with --weights-dir."
        ) from None


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, _BrokenError) else type(error).__name__
