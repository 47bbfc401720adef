"""How a file is damaged, whatever it holds.

A mutator takes a source of chance and a file, and gives another. A target may have more of its own,
as one that mends the checksums that the others broke.
"""

import struct
from collections.abc import Callable, Sequence
from random import Random

Mutator = Callable[[Random, bytes], bytes]
# Values at which lengths, counts and signs go wrong.
_EDGES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 2**31 - 1, 2**31, 2**32 - 1)
_LONGEST_RUN = 64


def _span(rng: Random, data: bytes, longest: int = 1 << 30) -> tuple[int, int]:
    start = rng.randrange(len(data) + 1)
    return start, min(len(data), start + rng.randint(1, max(1, min(longest, len(data) // 2))))


def flip_bits(rng: Random, data: bytes) -> bytes:
    """One to four bits turned."""
    made = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        if made:
            made[rng.randrange(len(made))] ^= 1 << rng.randrange(8)
    return bytes(made)


def replace_bytes(rng: Random, data: bytes) -> bytes:
    """One to four bytes replaced."""
    made = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        if made:
            made[rng.randrange(len(made))] = rng.randrange(256)
    return bytes(made)


def cut(rng: Random, data: bytes) -> bytes:
    """Its end is missing, as of a download that broke."""
    return data[: rng.randrange(len(data) + 1)]


def cut_and_fill(rng: Random, data: bytes) -> bytes:
    """Its end is zeros, as of a file whose place was reserved."""
    kept = rng.randrange(len(data) + 1)
    return data[:kept] + bytes(len(data) - kept)


def zero_run(rng: Random, data: bytes) -> bytes:
    """A part is zeros, as of a lost sector."""
    start, end = _span(rng, data, longest=4096)
    return data[:start] + bytes(end - start) + data[end:]


def remove(rng: Random, data: bytes) -> bytes:
    """A part is missing."""
    start, end = _span(rng, data)
    return data[:start] + data[end:]


def repeat(rng: Random, data: bytes) -> bytes:
    """A part is there several times."""
    start, end = _span(rng, data)
    return data[:start] + data[start:end] * rng.randint(2, 4) + data[end:]


def swap(rng: Random, data: bytes) -> bytes:
    """Two parts, one after the other, have changed places."""
    first, middle, last = sorted(rng.randrange(len(data) + 1) for _ in range(3))
    return data[:first] + data[middle:last] + data[first:middle] + data[last:]


def insert(rng: Random, data: bytes) -> bytes:
    """Bytes of chance between others."""
    place = rng.randrange(len(data) + 1)
    return data[:place] + rng.randbytes(rng.randint(1, _LONGEST_RUN)) + data[place:]


def edge_number(rng: Random, data: bytes) -> bytes:
    """A number of one to eight bytes at an edge of its range, in either order, anywhere."""
    kind = rng.choice(("B", "<H", ">H", "<I", ">I", "<Q", ">Q"))
    size = struct.calcsize(kind)
    written = struct.pack(kind, rng.choice(_EDGES) & (256**size - 1))
    place = rng.randrange(max(1, len(data) - size + 1))
    return data[:place] + written + data[place + size :]


def longer(rng: Random, data: bytes) -> bytes:
    """More after its end: zeros, chance or its own beginning."""
    count = rng.randint(1, 4096)
    return data + rng.choice((bytes(count), rng.randbytes(count), data[:count]))


GENERIC: Sequence[Mutator] = (
    *(flip_bits, replace_bytes, cut, cut_and_fill, zero_run, remove),
    *(repeat, swap, insert, edge_number, longer),
)


def odd_text(rng: Random, data: bytes) -> bytes:
    """What is seldom thought of in a text, put somewhere into it."""
    place = rng.randrange(len(data) + 1)
    return data[:place] + rng.choice(_ODD_TEXTS) + data[place:]


def line_again(rng: Random, data: bytes) -> bytes:
    """A line of a text is there again, or missing."""
    lines = data.splitlines(keepends=True)
    if not lines:
        return data
    index = rng.randrange(len(lines))
    return b"".join([*lines[:index], *[lines[index]] * rng.choice((0, 2, 3)), *lines[index + 1 :]])


def other_number(rng: Random, data: bytes) -> bytes:
    """A digit of a text becomes another number."""
    places = [place for place, byte in enumerate(data) if chr(byte).isdigit()]
    if not places:
        return data
    place = rng.choice(places)
    return data[:place] + rng.choice(_ODD_NUMBERS) + data[place + 1 :]


_ODD_NUMBERS = (
    *(b"-1", b"0", b"1e999", b"nan", b"inf", b"-inf", b"1_0", b"0x10", b"\xd9\xa3", b"\xc2\xb2"),
    *(b"9" * 5000, b"1" + b"0" * 400, b"18446744073709551616", b"0.1", b"1e-999", b"+5", b"007"),
)
_ODD_TEXTS = (
    *(b"\0", b"\x1b[2J", b"\r", b"\x85", b"\xe2\x80\xa8", b"\xe2\x80\xae", b"\xef\xbb\xbf"),
    *(b"\xff", b"\xe9", b"\xed\xb2\x80", b'"', b"'", b"\t", b",", b";", b"[" * 2000, b"{" * 2000),
    *(b"(" * 2000, b"../", b"/etc/passwd", b"\\", b"x" * 5000, b"%s", b"{0}", b"\n" * 50),
)
TEXT: Sequence[Mutator] = (*GENERIC, odd_text, odd_text, line_again, other_number)
