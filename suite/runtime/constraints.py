"""The versions of what gates run on, as a constraints file that pip takes."""

import platform
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from importlib.metadata import packages_distributions as distributions_by_module

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_SUITE = "face-quant-gate"
# What gates never use, so that a team's PyTorch is not pinned by them.
_OTHER_EXTRAS = frozenset({"train", "export", "weights", "test", "browser", "lint"})
# Each has several wheels, of which one is installed, possibly by hand.
_MODULES = ("onnxruntime", "cv2")


def constraints_text() -> str:
    """A line for the suite and each installed package that it needs, directly or not."""
    where = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    pins = [f"{name}=={version}" for name, version in sorted(pinned_versions().items())]
    return "\n".join([f"# Written by: face-quant-gate check --constraints ({where})", *pins, ""])


def pinned_versions() -> dict[str, str]:
    """The version of the suite and of each installed package that it needs, by its name."""
    by_module = distributions_by_module()
    wheels = [name for module in _MODULES for name in by_module.get(module, ())]
    found: dict[str, str] = {}
    waiting = [Requirement(name) for name in (_SUITE, *wheels)]
    seen: set[str] = set()
    while waiting:
        needed = waiting.pop()
        if str(needed) in seen:
            continue
        seen.add(str(needed))
        try:
            package = distribution(needed.name)
        except PackageNotFoundError:
            continue
        found[canonicalize_name(needed.name)] = package.version
        waiting += _needs_of(package, needed)
    return found


def _needs_of(package: Distribution, needed: Requirement) -> Iterator[Requirement]:
    extras = set(needed.extras)
    if needed.name == _SUITE:
        extras = set(package.metadata.get_all("Provides-Extra") or ()) - _OTHER_EXTRAS
    for line in package.requires or ():
        requirement = Requirement(line)
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield requirement
