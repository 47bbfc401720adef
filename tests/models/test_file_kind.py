"""Files that are no ONNX models are called what they are."""

import gzip
import io
import pickle
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import onnx
import pytest

from suite.catalog.errors import ModelError
from suite.models.file_kind import why_no_onnx
from suite.models.onnx_file import load_graph

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 174383860\n"
PAGE = b"\n<!DOCTYPE html>\n<html><head><title>Google Drive - Quota exceeded</title>"
TORCH_1_5 = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03."


def archive(*names: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        for name in names:
            made.writestr(name, b"x")
    return stream.getvalue()


def tarred() -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as made:
        made.addfile(tarfile.TarInfo("m.onnx"))
    return stream.getvalue()


def saved(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"", "is empty", id="empty"),
        pytest.param(
            POINTER, "a Git LFS pointer, not the model; fetch it with git lfs pull", id="lfs"
        ),
        pytest.param(PAGE, "is a web page", id="page"),
        pytest.param(b"\xef\xbb\xbf<html>", "is a web page", id="page-with-bom"),
        pytest.param(
            archive("det_10g.onnx", "w600k_r50.onnx"),
            "ZIP archive that holds 'det_10g.onnx', 'w6",
            id="zip-of-models",
        ),
        pytest.param(archive("readme.txt"), "is a ZIP archive; unpack it", id="zip"),
        pytest.param(archive("r50/data.pkl", "r50/data/0"), "is a PyTorch checkpoint", id="torch"),
        pytest.param(
            archive("readme.txt")[:30],
            "is a ZIP archive that is damaged or cut short",
            id="zip-cut",
        ),
        pytest.param(
            TORCH_1_5, "is a Python pickle, as PyTorch's .pt and .pth are", id="torch-1.5"
        ),
        pytest.param(pickle.dumps({"fc.weight": 1}), "is a Python pickle", id="pickle"),
        pytest.param(
            b"\x18\x00\x00\x00ORTM\x00\x00", "a model in onnxruntime's ORT format", id="ort"
        ),
        pytest.param(b"\x1c\x00\x00\x00TFL3\x14\x00", "a TensorFlow Lite model", id="tflite"),
        pytest.param(b"\x89HDF\r\n\x1a\n\x00", "an HDF5 file", id="hdf5"),
        pytest.param(gzip.compress(b"x"), "a gzip archive", id="gzip"),
        pytest.param(tarred(), "a tar archive", id="tar"),
        pytest.param(saved(np.zeros(3)), "a NumPy array", id="numpy"),
        pytest.param(
            b'<?xml version="1.0"?>\n<net name="r50" version="11">',
            "OpenVINO's models",
            id="openvino",
        ),
        pytest.param(
            b'\x20\x00\x00\x00\x00\x00\x00\x00{"fc.weight":{"dtype":"F32"}}',
            "a safetensors file",
            id="safetensors",
        ),
        pytest.param(b'{"error": "not found"}', "is JSON", id="json"),
    ],
)
def test_a_file_of_another_kind_is_called_what_it_is(
    tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError) as caught:
        load_graph(path)
    assert str(caught.value).startswith(f"{path}: is no ONNX model: it is ")
    assert words in str(caught.value)


def test_models_are_of_no_other_kind(tmp_path: Path) -> None:
    fixtures = Path(__file__).resolve().parents[2] / "fixtures" / "embedded"
    paths = [*fixtures.glob("*.onnx")]
    for name in ("pytorch", "tf2onnx", "", "x" * 300):
        path = tmp_path / f"{len(paths)}.onnx"
        graph = onnx.helper.make_graph([], "g", [], [])
        onnx.save(onnx.helper.make_model(graph, producer_name=name), path)
        paths.append(path)
    assert len(paths) > 4
    assert [why_no_onnx(path) for path in paths] == [None] * len(paths)
