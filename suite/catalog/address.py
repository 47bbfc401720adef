"""Addresses that cards name: of a file on a web server, of one in a Hugging Face repository."""

import re
from dataclasses import dataclass
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from suite.catalog.files import leads_outside

_HUB = re.compile(r"hf://(\w[\w.-]*)/(\w[\w.-]*)@(\w[\w.-]*)/(\S+)")
# As most servers take; of names of servers RFC 1035 (2.3.4) has the lengths.
_LONGEST, _LONGEST_HOST, _LONGEST_LABEL = 2000, 253, 63
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
    if len(address) > _LONGEST:
        raise ValueError(f"must have at most {_LONGEST:,} characters")
    if not is_of_the_hub(address):
        return _of_a_server(address)
    file = HubFile.parse(address)
    if file is None or leads_outside(file.file):
        raise ValueError("must be hf://owner/name@revision/file")
    if file.revision.lower() in _BRANCHES:
        raise ValueError("names a branch, whose files change: name a commit by its hash, or a tag")
    return address


def _of_a_server(address: str) -> str:
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        host = ""
    if not host or len(host) > _LONGEST_HOST or max(map(len, host.split("."))) > _LONGEST_LABEL:
        raise ValueError("must name a server as http://server/file does")
    return address


Page = Annotated[str, Field(pattern=r"^https?://\S+$")]
Address = Annotated[str, Field(pattern=r"^(https?|hf)://\S+$"), AfterValidator(_of_a_fixed_file)]
