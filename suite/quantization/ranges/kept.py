"""Statistics of tensors kept on disk, so that modes share what calibration has shown once."""

import contextlib
import hashlib
import io
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

from suite.catalog.files import read_file
from suite.catalog.fresh import fresh_beside
from suite.catalog.json_file import LARGEST, json_sha256, read_json
from suite.quantization.steps.net import Array
from suite.runtime.versions import onnxruntime_version

# Raised when what is kept, or how it is found, changes.
_FORMAT = 1


@dataclass(frozen=True)
class Kept:
    """A folder of statistics, each in a sub-folder named by the hash of what it is of.

    Attributes
    ----------
    folder : is made where it is not there
    images : what tells the images apart that networks are fed, as JSON: whose they are and how
        they are prepared
    """

    folder: Path
    images: Mapping[str, object]

    def get(
        self, of: Mapping[str, object], make: Callable[[], dict[str, Array]]
    ) -> dict[str, Array]:
        """Arrays by name, made now where they are not kept whole.

        What cannot be kept, as on a full disk, is made each time.

        Parameters
        ----------
        of : what else they are of, as JSON: the network, its tensors, and what is told of them
        """
        about = {
            "format": _FORMAT,
            "images": dict(self.images),
            "of": dict(of),
            "onnx": version("onnx"),
            "onnxruntime": onnxruntime_version(),
        }
        key = json_sha256(about)
        entry = self.folder / key[:2] / key
        arrays = _whole(entry)
        if arrays is None:
            arrays = make()
            with contextlib.suppress(OSError):
                _keep(entry, arrays, about)
        return arrays


def _whole(entry: Path) -> dict[str, Array] | None:
    """What an entry holds; None where it is not there, damaged, or of something else."""
    try:
        record = read_json(entry / "record.json")
        data = read_file(entry / "values.npz", LARGEST)
        is_whole = record.pop("sha256") == hashlib.sha256(data).hexdigest()
        if not is_whole or json_sha256(record) != entry.name:
            return None
        with np.load(io.BytesIO(data), allow_pickle=False) as held:
            return {name: held[name] for name in held.files}
    except Exception:  # numpy and zipfile meet damage in as many ways as there are fields
        return None


def _keep(entry: Path, arrays: Mapping[str, Array], about: Mapping[str, object]) -> None:
    """Write an entry apart and put it in its place in one step, in place of a damaged one."""
    entry.parent.mkdir(parents=True, exist_ok=True)
    apart = fresh_beside(entry)
    apart.mkdir()
    try:
        held = io.BytesIO()
        np.savez_compressed(held, **arrays)  # type: ignore[arg-type]
        data = held.getvalue()
        (apart / "values.npz").write_bytes(data)
        record = {"sha256": hashlib.sha256(data).hexdigest(), **about}
        (apart / "record.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
        shutil.rmtree(entry, ignore_errors=True)
        # Where another process was faster, its entry is as good.
        apart.rename(entry)
    finally:
        shutil.rmtree(apart, ignore_errors=True)
