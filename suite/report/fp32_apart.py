"""How far FP32 by one provider is from FP32 by another, on the fixed charts of the fingerprint."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from suite.catalog.gate import Gate
from suite.judging.record import Record
from suite.report.backend import Backend, Backends

_EMBEDDING, _FED = "embedding", "tensor"


@dataclass(frozen=True)
class Apart:
    """FP32 of a model on one backend beside that on another.

    It is of the components of unit-length embeddings that the fingerprint samples; those of all
    charts are one vector.

    Attributes
    ----------
    cosine : of the two vectors
    difference : the largest of any component
    fed : the largest difference of the preprocessed charts, in units of the network's input
    """

    model: str
    backend: Backend
    other: Backend
    cosine: float
    difference: float
    fed: float


def fp32_apart(records: Iterable[Record]) -> list[Apart]:
    """How far FP32 of each model is from FP32 on the first backend that has it, in their order.

    Left out is what was not sampled alike: another size, no embedding.
    """
    records = list(records)
    backends = Backends(records)
    first: dict[str, Record] = {}
    found = []
    for record in records:
        if record.gate is Gate.FINGERPRINT and any(_samples(record).get(_EMBEDDING, ())):
            other = first.setdefault(record.model, record)
            if other is not record and _shape(record) == _shape(other):
                found.append(_apart(record, other, backends))
    return found


def _apart(record: Record, other: Record, backends: Backends) -> Apart:
    one, two = _samples(record), _samples(other)
    here, there = one[_EMBEDDING], two[_EMBEDDING]
    lengths = math.hypot(*here) * math.hypot(*there)
    return Apart(
        model=record.model,
        backend=backends.of(record),
        other=backends.of(other),
        cosine=math.fsum(a * b for a, b in zip(here, there, strict=True)) / lengths,
        difference=_largest(here, there),
        fed=_largest(one.get(_FED, ()), two.get(_FED, ())),
    )


def _largest(one: Sequence[float], other: Sequence[float]) -> float:
    return max((abs(a - b) for a, b in zip(one, other, strict=True)), default=0.0)


def _samples(record: Record) -> Mapping[str, tuple[float, ...]]:
    return record.measured.samples if record.measured else {}


def _shape(record: Record) -> dict[str, int]:
    return {name: len(values) for name, values in _samples(record).items()}
