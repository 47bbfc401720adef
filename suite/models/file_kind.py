"""What a file is that is no ONNX model, by its first bytes."""

import zipfile
from pathlib import Path

from suite.catalog.files import open_file

_EXPORT = "export it as ONNX"
# Where each begins, its bytes, what such a file is, and what to do.
_MAGIC: tuple[tuple[int, bytes, str, str], ...] = (
    (
        0,
        b"version https://git-lfs",
        "a Git LFS pointer, not the model",
        "fetch it with git lfs pull",
    ),
    (4, b"ORTM", "a model in onnxruntime's ORT format", "name the ONNX file that it was made from"),
    (4, b"TFL3", "a TensorFlow Lite model", "convert it to ONNX, as with tf2onnx"),
    (
        0,
        b"\x89HDF\r\n\x1a\n",
        "an HDF5 file, as Keras writes",
        "convert it to ONNX, as with tf2onnx",
    ),
    (0, b"GGUF", "a GGUF file", _EXPORT),
    (0, b"ftrt", "a TensorRT engine", "name the ONNX file that it was built from"),
    (0, b"ptrt", "a TensorRT engine", "name the ONNX file that it was built from"),
    (0, b"\x93NUMPY", "a NumPy array", _EXPORT),
    (0, b"\x1f\x8b", "a gzip archive", "unpack it and name the ONNX file in it"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "unpack it and name the ONNX file in it"),
    (0, b"Rar!", "a RAR archive", "unpack it and name the ONNX file in it"),
    (0, b"\xfd7zXZ\x00", "an xz archive", "unpack it and name the ONNX file in it"),
    (257, b"ustar", "a tar archive", "unpack it and name the ONNX file in it"),
    (0, b"\x7fELF", "a program or library", _EXPORT),
    (0, b"MZ\x90\x00", "a program or library", _EXPORT),
)
_HEAD = 4096
# Pickles begin so, protocols 2 to 5; PyTorch's old checkpoints are some.
_PICKLES = tuple(b"\x80" + bytes([protocol]) for protocol in range(2, 6))


def why_no_onnx(path: Path) -> str | None:
    """What a file is instead of an ONNX model and what to do; None where its bytes do not say."""
    with open_file(path) as stream:
        head = stream.read(_HEAD)
    if not head:
        return "is empty; copy or download it again"
    if head.startswith(b"PK\x03\x04"):
        return _of_archive(path)
    if head.startswith(_PICKLES) and len(head) > 2 and head[2:3] in b"}]c\x8a\x95(\x8c":
        return f"is a Python pickle, as PyTorch's .pt and .pth are; {_EXPORT}"
    for start, magic, kind, advice in _MAGIC:
        if head[start : start + len(magic)] == magic:
            return f"is {kind}; {advice}"
    return _of_text(head)


def _of_archive(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except Exception:  # zipfile meets damage in as many ways as there are fields
        return "is a ZIP archive that is damaged or cut short; download it again"
    if any(name.endswith(("/data.pkl", "/constants.pkl")) for name in names):
        return f"is a PyTorch checkpoint (.pt, .pth); {_EXPORT}"
    if any(name.endswith(".npy") for name in names):
        return f"is an archive of NumPy arrays; {_EXPORT}"
    models = [name for name in names if name.lower().endswith(".onnx")]
    held = f" that holds {', '.join(map(repr, models[:3]))}" if models else ""
    return f"is a ZIP archive{held}; unpack it and name the ONNX file"


def _of_text(head: bytes) -> str | None:
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    lower = text[:64].lower()
    if lower.startswith((b"<!doctype html", b"<html", b"<head")):
        return (
            "is a web page, as sites send instead of a file that wants a login or a click; "
            "download the file itself"
        )
    if lower.startswith((b"<?xml", b"<net ")):
        return "is XML, as OpenVINO's models are; name the ONNX file that it was made from"
    if head[8:10] == b'{"' and len(head) > 16:
        return f"is a safetensors file, weights without a network; {_EXPORT}"
    if lower.startswith((b"{", b"[")):
        return "is JSON; download the ONNX file itself"
    return None
