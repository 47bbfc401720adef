"""What the wheel has beside the package ``suite``."""

from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_SUITE = "face_quant_gate/path/suite"
_ELSEWHERE = {
    "suite/entry_points/wheel/face_quant_gate": "face_quant_gate",
    "fixtures": f"{_SUITE}/builtin",
    "baselines": f"{_SUITE}/builtin/baselines",
}


class ElsewhereHook(BuildHookInterface[BuilderConfig]):
    """Adds what lies in other places of the clone, whose editable install must not copy it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add it to a wheel that is no editable one."""
        if version != "editable":
            build_data["force_include"] |= _ELSEWHERE
