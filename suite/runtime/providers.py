"""Whether a provider can be used here, and if not, what is missing."""

import contextlib

import onnx
import onnxruntime as ort
from onnx import TensorProto, helper

from suite.catalog.errors import ProviderError, SuiteError
from suite.catalog.provider_card import ProviderCard
from suite.runtime.native_log import captured_stderr, logged_reasons, plain_reason
from suite.runtime.nvidia import find_gpu
from suite.runtime.placement import assignment
from suite.runtime.sessions import load


def require_provider(card: ProviderCard) -> None:
    """Make sure that the provider runs a node here.

    Raises
    ------
    ProviderError
        saying which is missing, the wheel, the driver or the device, or onnxruntime's own reason;
        and what the provider needs.
    """
    available = ort.get_available_providers()
    named = {name.lower(): name for name in ort.get_all_providers()}
    right = named.get(card.execution_provider.lower(), card.execution_provider)
    if right != card.execution_provider:
        raise ProviderError(
            where=card.card_file,
            what=f"key 'execution_provider' is {card.execution_provider!r}, and onnxruntime has "
            f"{right!r}; write it so.",
        )
    if card.execution_provider not in available:
        raise _refusal(
            card,
            f"the installed onnxruntime {ort.__version__} is a wheel without "
            f"{card.execution_provider} (it has {', '.join(available)})",
        )
    if card.on_cpu_kernels:
        return
    if card.memory == "cuda":
        try:
            find_gpu(card.device_id)
        except ProviderError as error:
            raise _refusal(card, str(error)) from None
        # Finds the libraries that pip installed beside onnxruntime.
        ort.preload_dlls()
    try:
        strays = assignment(load(_one_relu(), card, threads=1), card).strays
    except SuiteError as error:
        raise _refusal(card, _own_reason(card, error), of_onnxruntime=True) from None
    if strays:
        reason = f"a Relu that it was given ran on {strays[0].provider}"
        raise _refusal(card, reason, of_onnxruntime=True)


def _own_reason(card: ProviderCard, error: SuiteError) -> str:
    """What onnxruntime raised, and what it logs where it leaves a provider out."""
    with captured_stderr() as log:
        # Again, since nothing is kept of what a process has logged.
        with contextlib.suppress(SuiteError):
            load(_one_relu(), card, threads=1)
        logged = logged_reasons(log)
    raised = plain_reason(error.what)
    logged = [said for said in logged if said not in raised]
    if logged and isinstance(error, ProviderError):  # which says no more than that it was left out
        return "; ".join(logged)
    return "; ".join([*logged, raised])


def _refusal(card: ProviderCard, reason: str, *, of_onnxruntime: bool = False) -> ProviderError:
    what = reason
    if of_onnxruntime and card.options:
        what += f"; look at [options] in {card.card_file}"
    if card.install:
        what += f"; install it with {card.install} in an environment of its own"
        # What is installed need not be the whole of it, as CUDA's libraries.
        what += " where it is not" if of_onnxruntime else ""
    if card.needs:
        what += f"; it needs {card.needs}"
    return ProviderError(where=f"--provider {card.id}", what=f"{what}.")


def _one_relu() -> bytes:
    shape = [1, 3, 8, 8]
    graph = helper.make_graph(
        [helper.make_node("Relu", ["x"], ["y"], "relu")],
        "probe",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
    )
    opset = [helper.make_opsetid("", 17)]
    model: onnx.ModelProto = helper.make_model(graph, opset_imports=opset, ir_version=8)
    return bytes(model.SerializeToString())
