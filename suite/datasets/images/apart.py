"""Pictures decoded in a process of its own, which says what libraries found damaged."""

import atexit
import contextlib
import os
import select
import subprocess
import threading
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from suite.catalog.builtin import module_command, module_environment
from suite.datasets.images import decoding_process
from suite.datasets.images.decoding_process import ANSWER, QUESTION

Pixels = npt.NDArray[np.uint8]
# The largest picture of the most scans takes some ten seconds.
_LONGEST_S = 120.0


class DecoderEndedError(Exception):
    """The process ended instead of answering; the message says how."""


@dataclass(frozen=True, eq=False)
class Decoded:
    """What became of an encoded image.

    Attributes
    ----------
    pixels : uint8 [h, w, 3], BGR; None where there is no picture
    said : what libraries printed meanwhile
    """

    pixels: Pixels | None
    said: str


class _Decoder:
    """A process that decodes one image at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            module_command(decoding_process.__name__),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=module_environment(),
        )
        assert self._process.stdin and self._process.stdout
        self._into, self._out = self._process.stdin, self._process.stdout

    def decode(self, data: bytes, flags: int) -> Decoded:
        """Decode an image.

        Raises
        ------
        OSError, EOFError
            where the process ended, or had to be.
        """
        self._into.write(QUESTION.pack(flags, len(data)))
        self._into.write(data)
        self._into.flush()
        self._wait()
        height, width, length = ANSWER.unpack(self._read(ANSWER.size))
        said = bytes(self._read(length)).decode("utf-8", "replace")
        if not height:
            return Decoded(None, said)
        pixels = np.frombuffer(self._read(height * width * 3), np.uint8)
        return Decoded(pixels.reshape(height, width, 3), said)

    def _wait(self) -> None:
        """Wait for an answer, and kill a process that gives none."""
        if not hasattr(select, "poll"):  # Windows waits for no pipe
            return
        poll = select.poll()
        poll.register(self._out, select.POLLIN)
        if not poll.poll(_LONGEST_S * 1000):
            self._process.kill()

    def _read(self, length: int) -> bytearray:
        read = bytearray(length)
        view, place = memoryview(read), 0
        while place < length:
            count = self._out.readinto(view[place:])  # type: ignore[attr-defined]
            if not count:
                raise EOFError
            place += count
        return read

    def end(self) -> int:
        """End the process, and say how it ended."""
        for stream in (self._into, self._out):
            with contextlib.suppress(OSError):
                stream.close()
        return self._process.wait()

    def disown(self) -> None:
        """Let go of a process that is another one's child."""
        for stream in (self._into, self._out):
            with contextlib.suppress(OSError):
                os.close(stream.fileno())
        self._process.returncode = 0  # so that nobody waits for it


class _Decoders:
    """The processes that wait for an image: as many as threads ever asked at once."""

    def __init__(self) -> None:
        self._idle: list[_Decoder] = []
        self._lock = threading.Lock()

    def decode(self, data: bytes, flags: int) -> Decoded:
        """Decode an image, by a process that waits or by a new one."""
        with self._lock:
            decoder = self._idle.pop() if self._idle else None
        if decoder is not None:
            with contextlib.suppress(DecoderEndedError):  # it may have been ended before
                return self._by(decoder, data, flags)
        return self._by(_Decoder(), data, flags)

    def _by(self, decoder: _Decoder, data: bytes, flags: int) -> Decoded:
        try:
            decoded = decoder.decode(data, flags)
        except (OSError, EOFError):
            raise DecoderEndedError(_in_words(decoder.end())) from None
        except BaseException:
            decoder.end()  # half an answer may be in its way
            raise
        with self._lock:
            self._idle.append(decoder)
        return decoded

    def end(self) -> None:
        """End the processes that wait."""
        with self._lock:
            while self._idle:
                self._idle.pop().end()

    def forget(self) -> None:
        """Let go of the processes of the one that this one was forked from."""
        self._lock = threading.Lock()
        for decoder in self._idle:
            decoder.disown()
        self._idle = []


_DECODERS = _Decoders()
atexit.register(_DECODERS.end)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_DECODERS.forget)


def _in_words(status: int) -> str:
    return f"signal {-status}" if status < 0 else f"exit status {status}"


def decode_apart(data: bytes, flags: int) -> Decoded:
    """Decode an image in a process of its own.

    Parameters
    ----------
    data : an encoded image, whose header is known to be sound
    flags : OpenCV's, of ``imdecode``

    Raises
    ------
    DecoderEndedError
        where the image ended the process.
    """
    return _DECODERS.decode(data, flags)
