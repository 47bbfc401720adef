"""Addresses that cards name: of a file on a web server, of one in a Hugging Face repository."""

import re
from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import AfterValidator, Field

from suite.catalog.files import leads_outside

_HUB = re.compile(r"hf://(\w[\w.-]*)/(\w[\w.-]*)@(\w[\w.-]*)/(\S+)")
# What everybody calls the branch that is worked on: its files change.
_BRANCHES = frozenset({"main", "master", "head"})


@dataclass(frozen=True)
class HubFile:
    """A file in a repository of Hugging Face, at a commit or a tag."""

    owner: str
    name: str
    revision: str
    file: str

    @classmethod
    def parse(cls, address: str) -> Self | None:
        """What ``hf://owner/name@revision/file`` names; None where it is no such address.

        >>> HubFile.parse("hf://ann/faces@v1.0/onnx/net.onnx")
        HubFile(owner='ann', name='faces', revision='v1.0', file='onnx/net.onnx')
        """
        found = _HUB.fullmatch(address)
        return cls(*found.groups()) if found else None


def is_of_the_hub(address: str) -> bool:
    """Whether an address begins as one of Hugging Face does."""
    return address.startswith("hf://")


def _of_a_fixed_file(address: str) -> str:
    if not is_of_the_hub(address):
        return address
    file = HubFile.parse(address)
    if file is None or leads_outside(file.file):
        raise ValueError("must be hf://owner/name@revision/file")
    if file.revision.lower() in _BRANCHES:
        raise ValueError("names a branch, whose files change: name a commit by its hash, or a tag")
    return address


Page = Annotated[str, Field(pattern=r"^https?://\S+$")]
Address = Annotated[str, Field(pattern=r"^(https?|hf)://\S+$"), AfterValidator(_of_a_fixed_file)]
