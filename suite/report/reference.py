"""What the source of a model is called: FP32, where its weights are float32."""

import re
from collections.abc import Iterable

from suite.catalog.source import Precision

_FP32 = re.compile(r"\b(FP32|fp32)\b")


def called(precision: Precision) -> str:
    """What a source is called.

    >>> called("float32"), called("float16")
    ('FP32', 'float16 source')
    """
    return "FP32" if precision == "float32" else f"{precision} source"


def by_its_name(lines: Iterable[str], precision: Precision) -> list[str]:
    """Lines that say FP32 of a source, with what it is.

    >>> by_its_name(["a loss against FP32"], "float32")
    ['a loss against FP32']
    >>> by_its_name(["| fp32 | at FP32's threshold |"], "float16")
    ["| float16 source | at float16 source's threshold |"]
    """
    if precision == "float32":
        return list(lines)
    return [_FP32.sub(called(precision), line) for line in lines]
