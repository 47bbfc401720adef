"""A local server of files, with ranges and ETags, that cuts connections and sends elsewhere."""

import http.server
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Files:
    """What is served, how, and what was asked.

    Attributes
    ----------
    content : by path
    tag : the ETag of every file; empty: the server says none, and serves no ranges
    ranges : whether it serves parts of files
    cut_after : the bytes after which each answer breaks off
    status : by path, an answer without a file
    moved : by path, where to
    piece_s : the seconds that each piece takes
    piece_bytes : how long a piece is
    lengthless : whether it says no length, and ends by closing
    more : what follows what it said the length of
    obeys : whether a part is refused where the file changed (If-Range)
    asked : a path and its Range of each request
    """

    content: dict[str, bytes] = field(default_factory=dict)
    tag: str = '"1"'
    ranges: bool = True
    cut_after: int | None = None
    status: dict[str, int] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    piece_s: float = 0.0
    piece_bytes: int = 1 << 16
    lengthless: bool = False
    more: bytes = b""
    obeys: bool = True
    asked: list[tuple[str, str]] = field(default_factory=list)
    address: str = ""


def _pieces(body: bytes, length: int) -> Iterator[bytes]:
    for start in range(0, len(body), length):
        yield body[start : start + length]


@contextmanager
def serving() -> Iterator[Files]:
    """A server on this machine."""
    files = Files()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            files.asked.append((self.path, self.headers.get("Range", "")))
            if self.path in files.status:
                self.send_error(files.status[self.path])
            elif self.path in files.moved:
                self.send_response(302)
                self.send_header("Location", files.moved[self.path])
                self.end_headers()
            elif self.path not in files.content:
                self.send_error(404)
            else:
                self._send(files.content[self.path])

        def _send(self, body: bytes) -> None:
            wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
            same = self.headers.get("If-Range") == files.tag or not files.obeys
            start = int(wanted[1]) if wanted and files.ranges and files.tag and same else 0
            if start > len(body) or (start and start == len(body)):
                self.send_error(416)
                return
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
            if files.tag:
                self.send_header("ETag", files.tag)
            if not files.lengthless:
                self.send_header("Content-Length", str(len(body) - start))
            self.end_headers()
            rest = body[start:]
            rest = (rest if files.cut_after is None else rest[: files.cut_after]) + files.more
            with suppress(ConnectionError):  # of who has seen enough
                for piece in _pieces(rest, files.piece_bytes):
                    self.wfile.write(piece)
                    time.sleep(files.piece_s)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        files.address = f"http://127.0.0.1:{running.server_port}"
        yield files
        running.shutdown()
