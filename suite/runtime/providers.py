"""Whether a provider can be used here, and if not, what is missing."""

import subprocess
import sys
from pathlib import Path

import onnx
import onnxruntime as ort
from onnx import TensorProto, helper

from suite.catalog.errors import ProviderError, SuiteError
from suite.catalog.provider_card import ProviderCard
from suite.runtime.nvidia import find_gpu
from suite.runtime.placement import assignment
from suite.runtime.sessions import load

_LOAD_LIBRARY = "import ctypes, sys\ntry: ctypes.CDLL(sys.argv[1])\nexcept OSError as e: print(e)"


def require_provider(card: ProviderCard) -> None:
    """Make sure that the provider runs a node here.

    Raises
    ------
    ProviderError
        saying which is missing: the wheel, the driver, the device or a library, and what to
        install.
    """
    available = ort.get_available_providers()
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
        session = load(_one_relu(), card, threads=1)
        strays = assignment(session, card).strays
    except SuiteError as error:
        raise _refusal(card, _missing_library(card) or str(error).rstrip(".")) from None
    if strays:
        raise _refusal(card, f"a Relu that it was given ran on {strays[0].provider}")


def _refusal(card: ProviderCard, reason: str) -> ProviderError:
    what = reason
    if card.install:
        what += f"; install it with {card.install} in an environment of its own"
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


def _missing_library(card: ProviderCard) -> str | None:
    """What the loader says of the provider's library, asked in a process that may crash."""
    name = card.execution_provider.removesuffix("ExecutionProvider").lower()
    folder = Path(ort.__file__).parent / "capi"
    for library in sorted(folder.glob(f"*onnxruntime_providers_{name}.*")):
        command = [sys.executable, "-c", _LOAD_LIBRARY, str(library)]
        said = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
        if said:
            return f"a library is missing ({said.splitlines()[0]})"
    return None
