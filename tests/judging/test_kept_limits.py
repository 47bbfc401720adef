"""What of an artifact may run on other providers is a limit that is kept with it."""

import pytest

from suite.catalog.folder import read_catalog
from suite.catalog.limits import limits_of
from suite.catalog.provider_card import PlacementSpec
from suite.judging.kept_limits import KeptLimits, kept_limits, widened
from suite.judging.measured import Measured

ARTIFACT = Measured(section="artifact", identity={})


def kept(
    mode_id: str = "int8_static_qdq",
    ops: tuple[str, ...] = (),
    *,
    provider_id: str = "cuda",
    nodes: int = 0,
    also_on: tuple[str, ...] = (),
    of: Measured = ARTIFACT,
) -> KeptLimits:
    catalog = read_catalog()
    model = next(iter(catalog.models.values()))
    mode = catalog.modes[mode_id].model_copy(update={"may_run_elsewhere": {"cuda": ops}})
    placement = PlacementSpec(also_on=also_on, nodes_elsewhere=nodes)
    provider = catalog.providers[provider_id].model_copy(update={"placement": placement})
    return kept_limits(of, limits_of(model, mode, provider))


@pytest.mark.parametrize(
    ("now", "accepted", "words"),
    [
        (kept(), kept(), []),
        (kept(ops=("Gemm",)), kept(), ["op types that may run elsewhere none → Gemm"]),
        (kept(ops=("Gemm", "Conv")), kept(ops=("Conv", "Gemm")), []),
        (kept(ops=("Gemm",)), kept(ops=("Conv", "Gemm")), []),
        (
            kept(ops=("Gemm",)),
            kept(ops=("Conv",)),
            ["op types that may run elsewhere Conv → Gemm"],
        ),
        (kept(nodes=2), kept(nodes=1), ["nodes that may run elsewhere 1 → 2"]),
        (kept(nodes=1), kept(nodes=2), []),
        (
            kept(also_on=("CPUExecutionProvider",)),
            kept(),
            ["providers taken for the same hardware none → CPUExecutionProvider"],
        ),
    ],
)
def test_more_that_may_run_elsewhere_is_wider(
    now: KeptLimits, accepted: KeptLimits, words: list[str]
) -> None:
    assert widened(now, accepted) == words


def test_what_was_kept_before_these_limits_were_is_that_nothing_may() -> None:
    assert kept().model_dump(exclude_defaults=True) == {
        key: value
        for key, value in kept(nodes=1).model_dump(exclude_defaults=True).items()
        if key != "nodes_elsewhere"
    }
    old = KeptLimits.model_validate(kept().model_dump(exclude_defaults=True))
    assert widened(kept(nodes=1), old) == ["nodes that may run elsewhere 0 → 1"]


def test_cuda_is_the_hardware_of_tensorrt() -> None:
    beside = ("CUDAExecutionProvider",)
    assert kept(provider_id="tensorrt", also_on=beside).also_on == ()
    assert kept(provider_id="openvino", also_on=beside).also_on == beside


def test_they_are_kept_with_the_artifact_of_quantized_modes_alone() -> None:
    every = {"ops": ("Gemm",), "nodes": 1, "also_on": ("CPUExecutionProvider",)}
    keys = ("op_types_elsewhere", "nodes_elsewhere", "also_on")
    assert all(getattr(kept(**every), key) for key in keys)
    # FP32 is accepted once for all providers.
    fp32 = kept("fp32", **every)
    of_set = kept(**every, of=Measured(section="fidelity.x", identity={}))
    assert not any(getattr(each, key) for each in (fp32, of_set) for key in keys)


def test_a_kept_limit_of_a_figure_that_is_no_more_says_nothing() -> None:
    accepted = KeptLimits(loss={"gone": 1.0}, on_interval=("gone",))
    assert widened(KeptLimits(), accepted) == []
    assert widened(accepted, KeptLimits()) == []
