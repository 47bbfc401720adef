"""ZIP archives: of weights, of which a member is taken out, and of PyTorch's checkpoints."""

import io
import zipfile
from pathlib import Path

from suite.catalog.errors import ModelError
from suite.catalog.zipped import damage_in
from suite.models.weights.archive import extract
from tests.fuzz.target import Mutant, Target, Verdict

_MEMBER = "models/Jos\xe9.onnx"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


def _archives() -> list[bytes]:
    return [_archive(method, count) for method in _METHODS for count in (1, 3)]


def _archive(method: int, count: int) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as opened:
        for index in range(count):
            name = f"models/{index}.onnx" if index else _MEMBER
            opened.writestr(name, f"weights of network {index}, ".encode() * 40)
    return held.getvalue()


def _take_out(path: Path) -> bytes:
    target = path.with_name("taken.onnx")
    extract(path, _MEMBER, target, path.name)
    return target.read_bytes()


def _as_zipfile_has_it(result: object, mutant: Mutant) -> Verdict:
    if result == mutant.wanted:
        return Verdict.SAME
    with zipfile.ZipFile(io.BytesIO(mutant.data)) as opened:
        assert result == opened.read(_MEMBER), "other bytes than those of the archive"
    return Verdict.OTHER


def _refuse_damage(path: Path) -> bool:
    if damage := damage_in(path):
        raise ModelError(where=path, what=f"is no whole PyTorch checkpoint ({damage}).")
    return zipfile.is_zipfile(path)


def _all_members_are_whole(result: object, mutant: Mutant) -> Verdict:
    if not result:
        return Verdict.OTHER
    with zipfile.ZipFile(io.BytesIO(mutant.data)) as opened:
        assert opened.testzip() is None, "a member is not what its checksum says"
    return Verdict.SAME


TARGETS = (
    Target("zip", "weights.zip", _archives, _take_out, _as_zipfile_has_it),
    Target("checkpoint", "net.pt", _archives, _refuse_damage, _all_members_are_whole),
)
