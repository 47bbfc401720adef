"""Providers that are not here are refused, with what is missing; nodes that stray are named."""

import os
from pathlib import Path
from types import SimpleNamespace

import onnxruntime as ort
import pytest

from suite.catalog.errors import ModelError, ProviderError
from suite.catalog.folder import read_catalog
from suite.catalog.provider_card import ProviderCard
from suite.runtime.placement import assignment, fallback, refuse_fallback
from suite.runtime.providers import require_provider

CATALOG = read_catalog()
CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"


def session(**parts: list[tuple[str, str]]) -> SimpleNamespace:
    """A session that says where its nodes are: provider → (name, op type) of each."""

    def subgraph(provider: str, nodes: list[tuple[str, str]]) -> SimpleNamespace:
        found = [SimpleNamespace(name=name, op_type=op) for name, op in nodes]
        return SimpleNamespace(ep_name=provider, get_nodes=lambda: found)

    return SimpleNamespace(
        get_provider_graph_assignment_info=lambda: [subgraph(*part) for part in parts.items()]
    )


def card(name: str = "cuda", **changes: object) -> ProviderCard:
    return CATALOG.providers[name].model_copy(update=changes)


MIXED = session(**{CUDA: [("a", "Conv")], CPU: [("b", "TopK"), ("c", "TopK"), ("d", "Gemm")]})


def test_every_node_on_the_provider_is_no_fallback() -> None:
    found = assignment(session(**{CUDA: [("a", "Conv"), ("b", "Relu")]}), card())
    assert (found.nodes, found.strays, fallback(found, card())) == (2, (), None)


def test_a_fallback_names_the_nodes_and_where_they_run() -> None:
    found = assignment(MIXED, card(), may_run_elsewhere=["TopK"])
    assert [(s.name, s.fell_back) for s in found.strays] == [
        ("b", False),
        ("c", False),
        ("d", True),
    ]
    with pytest.raises(ProviderError) as error:
        refuse_fallback(found, card(), Path("model.onnx"))
    said = str(error.value)
    assert said.startswith(
        "model.onnx: 1 of 4 nodes do not run on CUDAExecutionProvider but on CPU"
    )
    assert "d (Gemm)" in said
    assert "may_run_elsewhere.cuda" in said


def test_a_provider_of_the_same_hardware_is_expected() -> None:
    found = assignment(session(**{CUDA: [("a", "Conv")]}), card("tensorrt"))
    assert [stray.fell_back for stray in found.strays] == [False]
    assert fallback(found, card("tensorrt")) is None


def test_an_onnxruntime_that_does_not_say_proves_nothing() -> None:
    def refuse() -> None:
        raise RuntimeError("not recorded")

    silent = SimpleNamespace(get_provider_graph_assignment_info=refuse)
    with pytest.raises(ProviderError, match="does not say where nodes run"):
        assignment(silent, card())


def test_the_wrong_wheel_is_named_with_what_to_install(monkeypatch) -> None:
    monkeypatch.setattr(ort, "get_available_providers", lambda: [CPU])
    with pytest.raises(ProviderError) as error:
        require_provider(card())
    said = str(error.value)
    assert said.startswith("--provider cuda: the installed onnxruntime")
    assert "is a wheel without CUDAExecutionProvider" in said
    assert "face-quant-gate[cuda12]" in said


def test_a_provider_that_is_spelt_otherwise_is_named() -> None:
    given = {"execution_provider": "cpuexecutionprovider"}
    card = read_catalog().providers["cpu"].model_copy(update=given)
    with pytest.raises(ProviderError) as caught:
        require_provider(card)
    assert str(caught.value).endswith(
        "key 'execution_provider' is 'cpuexecutionprovider', and onnxruntime has "
        "'CPUExecutionProvider'; write it so."
    )


def test_the_right_wheel_without_a_gpu_is_refused(monkeypatch) -> None:
    # onnxruntime-gpu lists CUDA on a machine without a GPU.
    monkeypatch.setattr(ort, "get_available_providers", lambda: [CUDA, CPU])
    refused = "the driver is missing"

    def absent(device_id: int) -> None:
        raise ProviderError(refused)

    monkeypatch.setattr("suite.runtime.providers.find_gpu", absent)
    with pytest.raises(ProviderError, match=f"--provider cuda: {refused}"):
        require_provider(card())


def test_a_node_that_lands_elsewhere_refuses_the_provider(monkeypatch) -> None:
    monkeypatch.setattr(ort, "get_available_providers", lambda: [CUDA, CPU])
    monkeypatch.setattr(
        "suite.runtime.providers.load", lambda *_, **__: session(**{CPU: [("relu", "Relu")]})
    )
    with pytest.raises(ProviderError, match="a Relu that it was given ran on CPUExecutionProvider"):
        require_provider(card(memory="cpu"))


def test_what_onnxruntime_itself_refuses_to_run_is_refused() -> None:
    # In every wheel, and never on the hardware that runs a Relu.
    azure = card("openvino", execution_provider="AzureExecutionProvider")
    with pytest.raises(ProviderError) as error:
        require_provider(azure)
    assert str(error.value) == (
        "--provider openvino: a Relu that it was given ran on CPUExecutionProvider; look at "
        f"[options] in {azure.card_file}; install it with pip install 'face-quant-gate[openvino]' "
        "in an environment of its own where it is not."
    )


LOGGED = (
    b"2026-11-26 12:05:56.1 [E:onnxruntime:Default, provider_bridge_ort.cc:2310 Create] Device GPU "
    b"is not available\n"
    b"2026-11-26 12:05:56.2 [W:onnxruntime:Default, x.cc:1 Create] Failed to create it.\n"
)


@pytest.mark.parametrize(
    ("logged", "raised", "reason"),
    [
        (LOGGED, ProviderError("asked for X, got Y."), "Device GPU is not available"),
        (b"", ProviderError("asked for X, got Y."), "asked for X, got Y"),
        (b"", ModelError("Invalid option: bogus."), "Invalid option: bogus"),
        (
            LOGGED,
            ModelError("Please install TensorRT."),
            "Device GPU is not available; Please install TensorRT",
        ),
        (LOGGED, ModelError("Device GPU is not available."), "Device GPU is not available"),
    ],
)
def test_the_reason_is_what_onnxruntime_raised_and_logged(
    monkeypatch, logged: bytes, raised: Exception, reason: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        os.write(2, logged)
        raise raised

    monkeypatch.setattr(ort, "get_available_providers", lambda: [CUDA, CPU])
    monkeypatch.setattr("suite.runtime.providers.load", refuse)
    with pytest.raises(ProviderError) as error:
        require_provider(card(memory="cpu"))
    assert str(error.value).startswith(f"--provider cuda: {reason}; look at [options] in ")
    assert "a library is missing" not in str(error.value)
