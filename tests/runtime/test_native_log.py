"""What onnxruntime logs, found among what a process writes."""

import os

import pytest

from suite.runtime.native_log import captured_stderr, logged_reasons, plain_reason

SOURCE = "/onnxruntime_src/onnxruntime/core/session/provider_bridge_ort.cc"
# As onnxruntime-gpu 1.26 and onnxruntime-openvino 1.24 write them.
MISSING = (
    "\x1b[1;31m2026-11-26 12:05:56.794947430 [E:onnxruntime:Default, provider_bridge_ort.cc:2369 "
    f"TryGetProviderInfo_CUDA] {SOURCE}:1962 onnxruntime::Provider& onnxruntime::ProviderLibrary::"
    "Get() [ONNXRuntimeError] : 1 : FAIL : Failed to load library /x/libcuda.so with error: "
    "libcublasLt.so.12: cannot open shared object file: No such file or directory\n\x1b[m\n"
)
DROPPED = (
    "\x1b[0;93m2026-11-26 12:05:56.794968892 [W:onnxruntime:Default, "
    "onnxruntime_pybind_state.cc:1094 CreateExecutionProviderFactoryInstance] Failed to create "
    "CUDAExecutionProvider. Require cuDNN 9.* and CUDA 12.*.\x1b[m\n"
)


def reasons(*logged: str) -> list[str]:
    with captured_stderr() as log:
        # As native code does, past Python's own stream.
        os.write(2, "".join(logged).encode())
        return logged_reasons(log)


def test_an_error_is_the_reason_and_a_warning_where_there_is_none() -> None:
    missing = (
        "Failed to load library /x/libcuda.so with error: libcublasLt.so.12: cannot open shared "
        "object file: No such file or directory"
    )
    dropped = "Failed to create CUDAExecutionProvider. Require cuDNN 9.* and CUDA 12.*"
    assert reasons(MISSING, DROPPED) == [missing]
    assert reasons("noise\n", DROPPED, DROPPED) == [dropped]
    assert reasons("noise\n") == []


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        (
            "/o/openvino_provider_factory.cc:141 std::string onnxruntime::openvino_ep::"
            "ParseDeviceType(std::shared_ptr<OVCore>, const onnxruntime::ProviderOptions&) [ERROR] "
            "[OpenVINO] Device GPU is not available\n",
            "[ERROR] [OpenVINO] Device GPU is not available",
        ),
        (
            "/o/openvino_provider_factory.cc:306 onnxruntime::openvino_ep::ParseProviderInfo(const "
            "onnxruntime::ProviderOptions&, ProviderInfo&)::<lambda(const std::string&)> JSON "
            "parsing error: line 1.\n",
            "JSON parsing error: line 1",
        ),
        ("plain words\nin two lines", "plain words in two lines"),
    ],
)
def test_a_reason_is_without_its_place_in_the_sources(said: str, plain: str) -> None:
    assert plain_reason(said) == plain
