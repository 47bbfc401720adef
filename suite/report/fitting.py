"""Text that fits: blocks of whole lines within a number of bytes, and how Markdown takes words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from suite.catalog.errors import visible

_MARKED = re.compile(r"[\\`*<\[|~]")
_ELLIPSIS = "…"


@dataclass(frozen=True)
class Block:
    """Lines that stand together.

    Attributes
    ----------
    head : what stands above the items
    items : lines that are shown whole or not at all, what matters most first
    rest : what the items are, for the line that counts those that are left out
    first : so many items come before other blocks have more
    turn : of what then is left, blocks of a lower one have theirs before those of a higher one
    table : whether the items are rows of a table, below which a line needs an empty one
    """

    head: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    rest: str = ""
    first: int = 0
    turn: int = 0
    table: bool = False

    def lines(self, count: int) -> list[str]:
        """The block with so many of its items."""
        if self.items and not count and not self.head:
            return []
        lines = [*self.head, *self.items[:count]]
        if left := len(self.items) - count:
            lines += [*([""] if self.table else []), f"- … and {left} more {self.rest}"]
        return [*lines, ""] if lines else []


def fitted(blocks: Sequence[Block], most: int) -> str:
    """The blocks in their order, with as many items as fit into ``most`` bytes of UTF-8.

    Each block has its first items, one in turn, before any has more. An item is never shown where
    the ones before it do not fit.

    Raises
    ------
    ValueError
        where what stands above the items alone takes more.
    """
    counts = [0] * len(blocks)
    if _size(blocks, counts) > most:
        raise ValueError(f"what stands above the items takes more than {most} bytes")
    for turn in range(max((block.first for block in blocks), default=0)):
        for index, block in enumerate(blocks):
            if counts[index] == turn < min(block.first, len(block.items)):
                counts = _one_more(blocks, counts, index, most)
    for index in sorted(range(len(blocks)), key=lambda index: blocks[index].turn):
        while counts[index] < len(blocks[index].items):
            more = _one_more(blocks, counts, index, most)
            if more == counts:
                break
            counts = more
    return _text(blocks, counts)


def _one_more(blocks: Sequence[Block], counts: Sequence[int], index: int, most: int) -> list[int]:
    """The counts with one more item in a block, where that fits."""
    more = [count + (place == index) for place, count in enumerate(counts)]
    return more if _size(blocks, more) <= most else list(counts)


def _size(blocks: Sequence[Block], counts: Sequence[int]) -> int:
    return len(_text(blocks, counts).encode())


def _text(blocks: Sequence[Block], counts: Sequence[int]) -> str:
    pairs = zip(blocks, counts, strict=True)
    lines = [line for block, count in pairs for line in block.lines(count)]
    return "\n".join(lines).rstrip() + "\n"


def shortened(words: str, most: int) -> str:
    """Words on one line, cut between two of them to at most so many bytes.

    >>> shortened("the cosine  is too low", 15)
    'the cosine…'
    """
    said = " ".join(visible(words).split())
    if len(said.encode()) <= most:
        return said
    room = most - len(_ELLIPSIS.encode())
    kept = said.encode()[:room].decode(errors="ignore")
    cut, space, _ = kept.rpartition(" ")
    return (cut if space else kept).rstrip(" ,;:") + _ELLIPSIS


def name(of: str, most: int = 40) -> str:
    """A name of at most so many bytes, with its beginning and its end, where they differ.

    >>> name("abcdefghij", 9)
    'abc…hij'
    """
    of = " ".join(visible(of).split())
    if len(of.encode()) <= most:
        return of
    half = (most - len(_ELLIPSIS.encode())) // 2
    start = of.encode()[:half].decode(errors="ignore")
    return f"{start}{_ELLIPSIS}{of.encode()[-half:].decode(errors='ignore')}"


def escaped(words: str) -> str:
    r"""Words that Markdown shows as they are, in a table's cell too.

    >>> escaped("a|b <c> *d*")
    'a\\|b \\<c> \\*d\\*'
    """
    return _MARKED.sub(r"\\\g<0>", words)


def code(words: str) -> str:
    """A code span of words on one line, whatever backticks they hold; nothing of nothing.

    >>> code("pytest -k 'a'"), code("a ` b")
    ("`pytest -k 'a'`", '`` a ` b ``')
    """
    words = " ".join(words.split())
    if not words:
        return ""
    fence = "`" * (1 + max(map(len, re.findall("`+", words)), default=0))
    return f"{fence}{words}{fence}" if len(fence) == 1 else f"{fence} {words} {fence}"
