"""What onnxruntime's profile says of where kernels ran."""

import json
from pathlib import Path

from suite.catalog.folder import read_catalog
from suite.runtime.trace import DenseKernel, read_trace


def event(name: str, op: str, provider: str, dur: int) -> dict[str, object]:
    shapes = {"input_type_shape": [{"float": [1, 3, 8, 8]}, {"float": [4, 3, 1, 1]}]}
    shapes["output_type_shape"] = [{"float": [1, 4, 8, 8]}]
    args = {"op_name": op, "provider": provider, **shapes}
    return {"cat": "Node", "name": name, "dur": dur, "args": args}


def test_kernels_copies_and_time_are_told_apart(tmp_path: Path) -> None:
    cuda = read_catalog().providers["cuda"]
    there, here = cuda.execution_provider, "CPUExecutionProvider"
    events = [
        {"cat": "Session", "name": "run", "dur": 999},
        *[event("conv", "Conv", there, 60)] * 2,
        *[event("shape", "Shape", here, 15)] * 2,
        event("copy", "MemcpyToHost", there, 50),
    ]
    (tmp_path / "profile.json").write_text(json.dumps(events))
    run = read_trace(tmp_path / "profile.json", cuda)
    assert (run.kernels, run.kernels_elsewhere, run.memory_copies) == (2, 1, 1)
    assert run.time_elsewhere == 30 / 200
    # Twice the same kernel is one; 8 × 8 × 4 values of 3 products each.
    assert run.dense == (DenseKernel("Conv", False, 768),)


def test_a_profile_without_kernels_has_no_time_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "profile.json").write_text("[]")
    run = read_trace(tmp_path / "profile.json", read_catalog().providers["cpu"])
    assert (run.kernels, run.time_elsewhere) == (0, 0.0)
