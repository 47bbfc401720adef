"""Decodes what it is asked on standard input, and answers with pixels and what libraries printed.

libjpeg says what it found damaged nowhere but on standard error, and goes on. Another thread's
words must not be taken for its, nor its for a message of the suite's: so it has a process of its
own, which a crash ends alone. `suite.datasets.images.apart` starts it.
"""

import contextlib
import os
import signal
import struct
from typing import IO, Any

import cv2
import numpy as np

QUESTION = struct.Struct("<IQ")
"""OpenCV's flags, and how many bytes of an encoded image follow."""
ANSWER = struct.Struct("<IIQ")
"""Height and width, 0 where there is no picture, and how many bytes of text follow, then pixels."""
_LONGEST_TEXT = 4096


def serve() -> None:
    """Answer until there are no more questions."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever asks decides
    # Libraries may print on either output: the questions' and answers' ways become others.
    questions, answers = (
        os.fdopen(os.dup(number), mode) for number, mode in ((0, "rb"), (1, "wb"))
    )
    heard, said = os.pipe()
    os.set_blocking(heard, False)
    os.set_blocking(said, False)  # what does not fit is lost, and nobody waits
    for number in (1, 2):
        os.dup2(said, number)
    cv2.setNumThreads(1)
    with questions, answers:
        while len(asked := questions.read(QUESTION.size)) == QUESTION.size:
            flags, length = QUESTION.unpack(asked)
            _answer(questions.read(length), flags, heard, answers)


def _answer(data: bytes, flags: int, heard: int, answers: IO[Any]) -> None:
    image, why = None, ""
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as error:
        why = str(error.err)
    text = (why.encode() + _read(heard))[:_LONGEST_TEXT]
    height, width = (0, 0) if image is None else image.shape[:2]
    answers.write(ANSWER.pack(height, width, len(text)) + text)
    if image is not None:
        answers.write(np.ascontiguousarray(image).data)
    answers.flush()


def _read(heard: int) -> bytes:
    """All that was printed."""
    parts = []
    with contextlib.suppress(BlockingIOError):
        while part := os.read(heard, 65536):
            parts.append(part)
    return b"".join(parts)


if __name__ == "__main__":
    serve()
