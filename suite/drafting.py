"""A model's card, drafted from what its ONNX file says; what it cannot say is a marked blank."""

import os
import re
from pathlib import Path

import onnx

from suite.errors import ModelError
from suite.models.onnx_file import load_graph, read_onnx_file

BLANK = "FILL IN"
_IMAGE_TYPES: dict[int, str] = {
    onnx.TensorProto.FLOAT: "float32",
    onnx.TensorProto.FLOAT16: "float16",
    onnx.TensorProto.UINT8: "uint8",
}


def draft_card(path: Path, beside: Path) -> str:
    """The card as TOML.

    Parameters
    ----------
    path : the ONNX file
    beside : the folder that the card will lie in, which its paths are relative to

    Raises
    ------
    ModelError
        where the file is no ONNX model or has no input that could be an image.
    """
    if not path.is_file():
        raise ModelError(f"{path}: there is no such file.")
    file, graph = read_onnx_file(path), load_graph(path).graph
    weights = {tensor.name for tensor in graph.initializer}
    inputs = [port for port in graph.input if port.name not in weights]
    image, layout, height, width = _image(path, inputs)
    outputs = [(port.name, _shape(port)) for port in graph.output]
    embedding, dimension = _embedding(outputs)
    model_id = re.sub(r"[^a-z0-9_.-]+", "-", path.stem.lower()).strip("-.") or "model"
    uint8 = image.type.tensor_type.elem_type == onnx.TensorProto.UINT8
    lines = [
        f"# Drafted from {path.name}. Each {BLANK} is for you: the file does not say it.",
        f"# inputs: {', '.join(_described(port) for port in inputs)}",
        f"# outputs: {', '.join(_described(port) for port in graph.output)}",
        f'id = "{model_id}"',
        f'family = "{BLANK}: facenet, arcface, insightface, adaface or a word of your own"',
        f'licence = "{BLANK}"',
        f'flip = "{BLANK}: none, add, concat or norm_weighted"',
        f'calibration = "{BLANK}: the id of a dataset, for static INT8"',
        f'evaluation = ["{BLANK}: the ids of datasets with pairs"]',
        "",
        "[source]",
        f'file = "{Path(os.path.relpath(path.resolve(), beside.resolve())).as_posix()}"',
        f'sha256 = "{file.sha256}"',
        "",
        "[preprocess]",
        f"height = {height}" if height else f'height = "{BLANK}: pixels"',
        f"width = {width}" if width else f'width = "{BLANK}: pixels"',
        f'layout = "{layout}"',
        f'color_order = "{BLANK}: RGB or BGR"',
    ]
    if uint8:
        lines += [
            "# The network takes bytes: it must do its own normalisation.",
            "scale = 255.0",
            "mean = [0.0, 0.0, 0.0]",
            "std = [1.0, 1.0, 1.0]",
        ]
    else:
        lines += [
            "# (pixel · scale / 255 − mean) / std: InsightFace and AdaFace have 255, 127.5, 127.5,",
            "# FaceNet 255, 127.5, 128, networks trained with torchvision often 1, 0.485, 0.229.",
            f'scale = "{BLANK}: 255.0 or 1.0"',
            f'mean = ["{BLANK}"]',
            f'std = ["{BLANK}"]',
        ]
    lines += ["", "[outputs]"]
    lines += [f'input = "{image.name}"'] * (len(inputs) > 1)
    if len(outputs) > 1:
        lines += [f'embedding = "{embedding}"']
        lines += [f'norm = "{name}"' for name, shape in outputs if shape[-1:] == [1]]
    lines += [
        f"embedding_dim = {dimension}" if dimension else f'embedding_dim = "{BLANK}: a number"'
    ]
    return "\n".join(lines) + "\n"


def _image(
    path: Path, inputs: list[onnx.ValueInfoProto]
) -> tuple[onnx.ValueInfoProto, str, int | None, int | None]:
    """The image input with its layout, height and width."""
    for port in inputs:
        shape = _shape(port)
        if port.type.tensor_type.elem_type in _IMAGE_TYPES and len(shape) == 4:
            if shape[3] == 3 and shape[1] != 3:
                return port, "NHWC", _side(shape[1]), _side(shape[2])
            return port, "NCHW", _side(shape[2]), _side(shape[3])
    raise ModelError(
        f"{path}: has no input of four dimensions that could be an image; it has "
        f"{', '.join(map(_described, inputs)) or 'none'}."
    )


def _embedding(outputs: list[tuple[str, list[int | str]]]) -> tuple[str, int | None]:
    """The output that looks most like an embedding: the widest of two dimensions."""
    wide = [(shape[-1], name) for name, shape in outputs if shape and isinstance(shape[-1], int)]
    if not wide:
        return outputs[0][0], None
    dimension, name = max(wide)
    return name, int(dimension)


def _side(size: int | str) -> int | None:
    return size if isinstance(size, int) and size > 0 else None


def _shape(port: onnx.ValueInfoProto) -> list[int | str]:
    return [
        dim.dim_value if dim.HasField("dim_value") else dim.dim_param or "?"
        for dim in port.type.tensor_type.shape.dim
    ]


def _described(port: onnx.ValueInfoProto) -> str:
    number = port.type.tensor_type.elem_type
    kind = _IMAGE_TYPES.get(number) or onnx.TensorProto.DataType.Name(number).lower()
    return f"{port.name} {kind} {_shape(port)}"
