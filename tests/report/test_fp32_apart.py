"""FP32 by two providers, held against each other by what the fingerprint samples."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import measured, record

from suite.catalog.gate import Gate
from suite.judging.record import Record
from suite.report.backend import Backend
from suite.report.fp32_apart import fp32_apart

CPU = ("cpu", "cpu-avx2")
OPENVINO = ("openvino", "openvino-avx2")
CUDA = ("cuda", "cuda-sm90")
VALUES = st.lists(st.floats(-1, 1, width=32), min_size=4, max_size=4).filter(any)


def sampled(backend: tuple[str, str], embedding, tensor=(0.5,), model: str = "m") -> Record:
    samples = {"tensor": tuple(tensor), "embedding": tuple(embedding), "size": (2.0, 2.0)}
    found = measured(Gate.FINGERPRINT, samples=samples)
    of = {"provider": backend[0], "profile": backend[1], "model": model}
    return record(Gate.FINGERPRINT, measured=found).model_copy(update=of)


def test_the_cosine_and_the_largest_difference_are_those_of_the_samples() -> None:
    records = [sampled(CPU, (1.0, 0.0)), sampled(OPENVINO, (0.6, 0.8), tensor=(0.25,))]
    (found,) = fp32_apart(records)
    assert (found.backend, found.other) == (Backend(*OPENVINO), Backend(*CPU))
    assert found.cosine == pytest.approx(0.6)
    assert found.difference == 0.8
    assert found.fed == 0.25


@given(VALUES, VALUES)
def test_whichever_is_first_they_are_as_far_apart(one, other) -> None:
    (here,) = fp32_apart([sampled(CPU, one), sampled(OPENVINO, other)])
    (there,) = fp32_apart([sampled(OPENVINO, other), sampled(CPU, one)])
    assert here.cosine == there.cosine
    assert here.difference == there.difference
    assert abs(here.cosine) <= 1 + 1e-12
    (same,) = fp32_apart([sampled(CPU, one), sampled(OPENVINO, one)])
    assert same.difference == 0
    assert math.isclose(same.cosine, 1)


def test_each_provider_is_held_against_the_first_and_each_model_against_itself() -> None:
    records = [
        *(sampled(each, (1.0,)) for each in (CPU, OPENVINO, CUDA)),
        *(sampled(each, (-1.0,), model="n") for each in (OPENVINO, CUDA)),
    ]
    found = [
        (each.model, each.backend.provider, each.other.provider) for each in fp32_apart(records)
    ]
    assert found == [("m", "openvino", "cpu"), ("m", "cuda", "cpu"), ("n", "cuda", "openvino")]
    assert {each.cosine for each in fp32_apart(records)} == {1.0}


@pytest.mark.parametrize(
    "other",
    [
        sampled(OPENVINO, (1.0, 0.0, 0.0)),
        sampled(OPENVINO, (1.0, 0.0), tensor=(0.5, 0.5)),
        sampled(OPENVINO, (0.0, 0.0)),
        sampled(OPENVINO, ()),
        record(Gate.FINGERPRINT, provider="openvino", profile="openvino-avx2"),
        record(Gate.ARTIFACT, provider="openvino", profile="openvino-avx2"),
    ],
    ids=["size", "input", "zero", "none", "nothing measured", "no fingerprint"],
)
def test_what_was_not_sampled_alike_is_left_out(other: Record) -> None:
    assert fp32_apart([sampled(CPU, (1.0, 0.0)), other]) == []
