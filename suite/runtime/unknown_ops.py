"""Ops of a domain that onnxruntime lacks: whose they are, and what to do."""

from pathlib import Path

from onnxruntime.capi import onnxruntime_pybind11_state as ort_state

from suite.catalog.errors import ModelError
from suite.models.graph import all_nodes
from suite.models.onnx_file import load_graph

# How the domains of well-known tools begin, and how their files become plain ONNX.
_TOOLS = {
    "aimet": "AIMET's simulation; export it in its plain QDQ form",
    "onnx.brevitas": "Brevitas's own form; export it as QCDQ",
    "qonnx": "QONNX's own form; convert it to QCDQ",
    "com.amd.quark": "AMD Quark's own types; quantize to plain INT8 QDQ",
    "com.vai.quantize": "Vitis AI's own types; quantize to plain INT8 QDQ",
    "org.openvinotoolkit": "OpenVINO's; export it in plain QDQ form",
    "trt": "a TensorRT plugin's; export it in plain QDQ form",
    "ai.onnx.contrib": "onnxruntime-extensions'",
}


def unknown_op(path: Path) -> str | None:
    """The first op of a file that onnxruntime lacks with its domain, in words; None without one."""
    try:
        model = load_graph(path)
    except ModelError:
        return None
    known = {schema.domain for schema in ort_state.get_all_operator_schema()} | {"ai.onnx"}
    known |= {function.domain for function in model.functions}
    for node in all_nodes(model):
        if node.domain not in known:
            name = node.name or (node.output[0] if node.output else "")
            return (
                f"node {name!r} is a {node.op_type} of the domain {node.domain!r}, which "
                f"onnxruntime lacks{_advice(node.domain)}, or name the library that has it with "
                "--op-library"
            )
    return None


def _advice(domain: str) -> str:
    for start, words in _TOOLS.items():
        if domain.lower().startswith(start):
            advice = words if ";" in words else f"{words}; export it without"
            return f": it is {advice}"
    return "; export the network with ops of ONNX alone"
