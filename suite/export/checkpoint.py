"""Reading a PyTorch checkpoint without running anything that is in it."""

import pickle
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from suite.catalog.errors import ModelError
from suite.catalog.source import Architecture
from suite.catalog.zipped import damage_in
from suite.export.architectures import ARCHITECTURES, FullSize

# What trainers store beside the weights; none of it is needed, and none of it is imported.
_BOOKKEEPING = ("pytorch_lightning.", "lightning.", "argparse.", "omegaconf.", "numpy.")


class _Forgotten:
    """Stands for an object of a trainer's bookkeeping; takes anything and keeps nothing."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        del args, kwargs

    def __setstate__(self, state: object) -> None:
        del state


def load_checkpoint(path: Path, architecture: Architecture) -> nn.Module:
    """A network with a checkpoint's weights, in evaluation mode.

    Parameters
    ----------
    path : a ``state_dict`` saved by ``torch.save``, bare or under the key ``state_dict``, as
        PyTorch Lightning saves it; keys may begin with ``module.``, as DataParallel saves them

    Raises
    ------
    ModelError
        where the file is no checkpoint, is truncated, holds objects that loading would have to
        run, or is of another network: then with the first key that differs.
    """
    wanted = ARCHITECTURES[architecture]
    network = wanted.build()
    weights = _state_dict(path, _read(path), wanted)
    expected = network.state_dict()
    problem = _first_difference(expected, weights)
    if problem:
        raise ModelError(
            where=path,
            what=f"is no checkpoint of {architecture}: {problem}; give the checkpoint that the "
            "card speaks of, or name the architecture that this one has.",
        )
    network.load_state_dict(weights, strict=False)
    return network.eval()


def _read(path: Path) -> Any:
    _refuse_damaged_archive(path)
    stand_ins: list[tuple[type, str]] = []
    while True:
        try:
            with torch.serialization.safe_globals(stand_ins), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # it advises on pickle protocols
                return torch.load(path, map_location="cpu", weights_only=True)
        except pickle.UnpicklingError as error:
            found = re.search(r"GLOBAL ([\w.]+)", str(error))
            known = [name for _, name in stand_ins]
            if found and found[1].startswith(_BOOKKEEPING) and found[1] not in known:
                stand_ins.append((_Forgotten, found[1]))
                continue
            what = f"it holds a {found[1]}" if found else "it holds more than tensors"
            raise ModelError(
                where=path,
                what=f"cannot be read as weights alone: {what}, which loading would run or "
                "import; get it again, or save its state_dict with torch.save.",
            ) from None
        except Exception as error:  # PyTorch's reader raises whatever a damaged file makes it meet
            reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
            raise ModelError(
                where=path, what=f"is no whole PyTorch checkpoint ({reason}); get it again."
            ) from None


def _refuse_damaged_archive(path: Path) -> None:
    """Hold an archive's members against their checksums, which PyTorch does not."""
    if damage := damage_in(path):
        raise ModelError(
            where=path, what=f"is no whole PyTorch checkpoint ({damage}); get it again."
        )


def _state_dict(path: Path, held: Any, wanted: FullSize) -> dict[str, Tensor]:
    if isinstance(held, Mapping) and isinstance(held.get("state_dict"), Mapping):
        held = held["state_dict"]
    if not isinstance(held, Mapping) or not held:
        raise ModelError(
            where=path, what=f"holds no state_dict but a {type(held).__name__}; save one."
        )
    beside = tuple(f"{wanted.prefix}{key}" for key in wanted.only_in_training)
    state: dict[str, Tensor] = {}
    for given, value in held.items():
        key = str(given).removeprefix("module.")
        if key.startswith((*wanted.only_in_training, *beside)):
            continue
        key = key.removeprefix(wanted.prefix)
        if key in state:
            raise ModelError(
                where=path, what=f"has {key!r} twice, with and without a prefix; save one."
            )
        state[key] = value
    return state


def _first_difference(expected: Mapping[str, Tensor], found: Mapping[str, Any]) -> str:
    """The first key that is absent, of another shape or too many; empty where none is."""
    for key, tensor in expected.items():
        if key not in found:
            # Files older than PyTorch 0.4.1 have no such counter, and inference needs none.
            if key.endswith(".num_batches_tracked"):
                continue
            return f"it has no {key!r}"
        if not isinstance(found[key], Tensor) or found[key].shape != tensor.shape:
            shape = list(found[key].shape) if isinstance(found[key], Tensor) else "no tensor"
            return f"its {key!r} is {shape} and not {list(tensor.shape)}"
        if not _is_plain(found[key], tensor):
            return (
                f"its {key!r} is of {found[key].dtype} on {found[key].device}, and no plain float"
            )
        if not torch.isfinite(found[key].float()).all():
            return f"its {key!r} has values that are not finite"
    more = [key for key in found if key not in expected]
    return f"it has {more[0]!r}, which the network has not" if more else ""


def _is_plain(given: Tensor, wanted: Tensor) -> bool:
    """Whether a tensor holds its values, in a type that a weight or a counter may have."""
    held = given.layout is torch.strided and given.device.type == "cpu" and not given.is_quantized
    return (
        held and given.is_floating_point() == wanted.is_floating_point() and not given.is_complex()
    )
