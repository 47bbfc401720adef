"""A GPU that is not there: CUDA sessions that run on the CPU and say that they do not.

Put on the path with a ``sitecustomize`` that imports it, it replaces what onnxruntime and the
driver answer, and nothing of the suite's own. ``FAKE_GPU_STRAYS`` are op types that it leaves to
the CPU, ``FAKE_GPU_STUCK`` makes bound runs give the first answer for ever.
"""

import ctypes
import json
import os
from pathlib import Path
from types import SimpleNamespace

import onnxruntime as ort

CUDA, CPU = "CUDAExecutionProvider", "CPUExecutionProvider"
STRAYS = set(filter(None, os.environ.get("FAKE_GPU_STRAYS", "").split(",")))
_RealSession, _RealValue, _RealLibrary = ort.InferenceSession, ort.OrtValue, ctypes.CDLL


def _op_types(path) -> list[tuple[str, str]]:
    import onnx

    read = onnx.load if isinstance(path, str | os.PathLike) else onnx.load_model_from_string
    return [(node.name, node.op_type) for node in read(path).graph.node]


class Binding:
    """An IOBinding whose device memory is the host's."""

    def __init__(self, binding) -> None:
        self._binding = binding
        self.stuck = bool(os.environ.get("FAKE_GPU_STUCK"))
        self.ran = 0

    def bind_ortvalue_input(self, name, value) -> None:
        self._binding.bind_ortvalue_input(name, value)

    def bind_output(self, name, device_type, device_id) -> None:
        assert device_type == "cuda"
        self._binding.bind_output(name, "cpu", device_id)

    def bind_ortvalue_output(self, name, value) -> None:
        self._binding.bind_ortvalue_output(name, value)

    def get_outputs(self):
        return self._binding.get_outputs()


class Session:
    """What `onnxruntime.InferenceSession` is to the suite."""

    def __init__(self, path, sess_options=None, providers=(), enable_fallback=1, **_) -> None:
        name, options = providers[0]
        assert enable_fallback == 0, "a GPU session must not be retried on the CPU"
        assert name == CUDA and options["use_tf32"] == "0"
        self._nodes = _op_types(path)
        self._session = _RealSession(path, sess_options=sess_options, providers=[CPU])

    def __getattr__(self, name):
        return getattr(self._session, name)

    def get_providers(self) -> list[str]:
        return [CUDA, CPU]

    def get_provider_graph_assignment_info(self):
        def part(provider, nodes):
            found = [SimpleNamespace(name=n, op_type=op) for n, op in nodes]
            return SimpleNamespace(ep_name=provider, get_nodes=lambda: found)

        return [
            part(CUDA, [node for node in self._nodes if node[1] not in STRAYS]),
            part(CPU, [node for node in self._nodes if node[1] in STRAYS]),
        ]

    def end_profiling(self) -> str:
        path = Path(self._session.end_profiling())
        events = json.loads(path.read_text())
        for event in events:
            args = event.get("args", {})
            if args.get("provider") == CPU and args.get("op_name") not in STRAYS:
                args["provider"] = CUDA
        if STRAYS:
            copy = {"op_name": "MemcpyToHost", "provider": CUDA}
            events.append({"cat": "Node", "name": "copy", "dur": 1, "args": copy})
        path.write_text(json.dumps(events))
        return str(path)

    def io_binding(self) -> Binding:
        return Binding(self._session.io_binding())

    def run_with_iobinding(self, binding: Binding) -> None:
        if not (binding.stuck and binding.ran):
            self._session.run_with_iobinding(binding._binding)
        binding.ran += 1


class Value:
    """`OrtValue`, whose device memory is the host's."""

    @staticmethod
    def ortvalue_from_numpy(array, device_type="cpu", device_id=0):
        assert device_type == "cuda"
        return _RealValue.ortvalue_from_numpy(array, "cpu", device_id)


class Driver:
    """NVIDIA's driver with one GPU of compute capability 9.0."""

    def __getattr__(self, name):
        return lambda *_: 0

    def cuDeviceGetName(self, name, length, device) -> int:
        name.value = b"NVIDIA Fake 90"
        return 0

    def cuDeviceGetAttribute(self, value, attribute, device) -> int:
        value._obj.value = {75: 9, 76: 0}[attribute]
        return 0

    def cuMemGetInfo_v2(self, free, total) -> int:
        free._obj.value, total._obj.value = 1 << 30, 2 << 30
        return 0


def session(path, *args, providers=(), **more):
    """A CUDA session where one is asked for; onnxruntime's own calibration asks for the CPU."""
    if not providers or not isinstance(providers[0], tuple):
        return _RealSession(path, *args, providers=list(providers) or [CPU], **more)
    return Session(path, *args, providers=providers, **more)


ort.InferenceSession = session
ort.OrtValue = Value
ort.get_available_providers = lambda: [CUDA, CPU]
ort.preload_dlls = lambda *_, **__: None
ctypes.CDLL = lambda name, *a, **k: Driver() if "cuda" in str(name) else _RealLibrary(name, *a, **k)
