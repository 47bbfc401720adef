"""Embedded networks under the names of the full-size files."""

from pathlib import Path

import onnx
from team import EMBEDDED

MODELS = {
    "facenet-vggface2": ("facenet.onnx", "facenet-vggface2.onnx"),
    "adaface-ir50-ms1mv2": ("adaface.onnx", "adaface-ir50-ms1mv2.onnx"),
    "arcface-buffalo-l": ("arcface.onnx", "w600k_r50.onnx"),
    "insightface-r50": ("insightface.onnx", "insightface-r50.onnx"),
}


def put_weights(folder: Path) -> None:
    """Embedded networks under the names of the full-size files."""
    folder.mkdir()
    for own, name in MODELS.values():
        network = onnx.load(EMBEDDED / own)
        for node in network.graph.node:
            node.output[:] = ["embedding" if out == "feature" else out for out in node.output]
        for port in network.graph.output:
            port.name = "embedding" if port.name == "feature" else port.name
        onnx.save(network, folder / name)
