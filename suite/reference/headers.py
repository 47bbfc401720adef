"""What the header of a column, or the key of a number, says that it is."""

import math
import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from suite.reference.numbers import number

Kind = Literal["model", "label", "dataset", "device", "share", "size_mib", "latency_ms", "speedup"]

# In Russian and in English. A word that stands for a figure, and nothing else in the header.
_KINDS: dict[Kind, tuple[str, ...]] = {
    "model": (*("model", "name", "network", "backbone", "модель", "имя", "название", "сеть"),),
    "label": (
        *("mode", "variant", "precision", "quantization", "quantisation", "type", "format"),
        *("config", "method", "режим", "вариант", "квантование", "тип", "формат"),
        *("конфигурация", "метод"),
    ),
    "dataset": ("dataset", "set", "датасет", "набор", "набор данных"),
    "device": (
        *("device", "provider", "execution provider", "backend", "hardware"),
        *("устройство", "провайдер", "бэкенд"),
    ),
    "size_mib": ("size", "размер"),
    "latency_ms": ("latency", "time", "задержка", "латентность", "время"),
    "speedup": ("speedup", "speed up", "ускорение"),
}
_SHARES = {
    "accuracy": ("accuracy", "acc", "точность"),
    "roc_auc": ("roc auc", "auc", "auroc", "auc roc"),
}
# What may stand beside them and changes nothing: of several statistics the middle is meant.
_BESIDE = frozenset(
    (
        *("mean", "average", "avg", "median", "p50", "verification", "inference", "model", "file"),
        *("onnx", "metrics", "metric", "results", "result", "evaluation", "eval", "benchmark"),
        *("quality", "performance", "средняя", "среднее", "медиана", "медианная", "верификации"),
        *("инференса", "модели", "файла"),
    )
)
# What one of it is in MiB, or in milliseconds.
_UNITS: dict[Kind, dict[str, float]] = {
    "size_mib": {
        **dict.fromkeys(("mib", "миб"), 1.0),
        **dict.fromkeys(("kib", "киб"), 2.0**-10),
        **dict.fromkeys(("gib", "гиб"), 2.0**10),
        **dict.fromkeys(("bytes", "байт", "байты"), 2.0**-20),
    },
    "latency_ms": {
        **dict.fromkeys(("ms", "мс", "msec"), 1.0),
        **dict.fromkeys(("s", "sec", "с", "сек"), 1000.0),
        **dict.fromkeys(("us", "μs", "мкс"), 0.001),
    },
    "speedup": dict.fromkeys(("x", "×", "х"), 1.0),
}
# Thousands of bytes that are 1,024 by habit and 1,000 by the standard.
_BY_HABIT = {"kb": 1, "кб": 1, "mb": 2, "мб": 2, "gb": 3, "гб": 3}
_NUMBER = r"([0-9]{1,6}(?:[.,][0-9]{1,20})?(?:e-?[0-9]{1,2})?(?:\s*%)?|10\^?-[0-9]{1,2})"
_TAR = re.compile(
    r"(?:tar|tpr|gar)\s*(?:(?:@|at|при)\s*)?\(?\s*(?:far|fpr|fmr)?\s*[=:]?\s*" + _NUMBER + r"\s*\)?"
)
_FARS = {"tar_at_far_1e-3": 1e-3, "tar_at_far_1e-4": 1e-4}


@dataclass(frozen=True)
class Column:
    """What a column holds.

    Attributes
    ----------
    kind : a share is one of `claim.SHARES`, which ``figure`` names
    figure : the name of a figure in `claim.FIGURES`; empty where the kind is none
    factor : what its unit is in MiB or milliseconds; None where the header says no unit
    percent : whether shares are given as percentages
    """

    kind: Kind
    figure: str = ""
    factor: float | None = None
    percent: bool = False


def column_of(header: str, *, decimal_bytes: bool = False) -> Column | None:
    """What a header or a key says; None where it is no word of ours.

    Parameters
    ----------
    decimal_bytes : whether a megabyte (MB) is 10^6 bytes; otherwise it is 2^20 of them, a MiB

    >>> column_of("TAR@FAR=1e-3").figure, column_of("tar_at_far 0.0001").figure
    ('tar_at_far_1e-3', 'tar_at_far_1e-4')
    >>> column_of("Точность, %")
    Column(kind='share', figure='accuracy', factor=None, percent=True)
    >>> column_of("Задержка (мс)").factor, column_of("size_bytes").factor == 2**-20
    (1.0, True)
    >>> column_of("latency p95 (ms)") is None
    True
    """
    text = _plain(header)
    bare = re.sub(r"\s*\(\s*%\s*\)$|,\s*%$", "", text)
    tar = _TAR.fullmatch(" ".join(word for word in bare.split() if word not in _BESIDE))
    if tar is not None:
        figure = _figure_at(tar[1])
        return Column("share", figure, percent=bare != text) if figure else None
    words = re.findall(r"[^\W\d_]+\d*|[%×]", text)
    for named in (words, [word for word in words if word not in _BESIDE]):
        given, unit = " ".join(named), named[-1] if len(named) > 1 else ""
        for kind, names in _KINDS.items():
            if given in names:
                return Column(kind, figure=kind if kind in _UNITS else "")
            known = unit_factor(kind, unit, decimal_bytes=decimal_bytes)
            if known is not None and given.removesuffix(unit).strip() in names:
                return Column(kind, figure=kind, factor=known)
        for figure, names in _SHARES.items():
            if given.replace("%", "").strip() in names:
                return Column("share", figure, percent="%" in words)
    return None


def unit_factor(kind: Kind, unit: str, *, decimal_bytes: bool = False) -> float | None:
    """What one of a unit is in MiB, or milliseconds; None where the kind has no such unit."""
    power = _BY_HABIT.get(unit)
    if kind == "size_mib" and power is not None:
        return float(1000**power / 2**20 if decimal_bytes else 1024**power / 2**20)
    return _UNITS.get(kind, {}).get(unit)


def is_by_habit(header: str) -> bool:
    """Whether a header or a cell has a unit that is 1,024 by habit and 1,000 by the standard."""
    return any(word in _BY_HABIT for word in re.findall(r"[^\W\d_]+", _plain(header)))


def _figure_at(far: str) -> str | None:
    """The figure that is TAR at a FAR, as ``1e-3``, ``0.1 %`` or ``10^-3`` says it."""
    power = re.fullmatch(r"10\^?-([0-9]+)", far)
    if power:
        target = 10.0 ** -int(power[1])
    else:
        given = number(far)
        target = given.value / 100 if given.unit == "%" else given.value
    close = (f for f, known in _FARS.items() if math.isclose(target, known, rel_tol=1e-6))
    return next(close, None)


def _plain(header: str) -> str:
    """Lower case, without markup, with plain digits and signs."""
    text = unicodedata.normalize("NFKC", header).lower().replace("−", "-").replace("–", "-")
    return re.sub(r"\s+", " ", re.sub(r"[*`_]", " ", text)).strip()
