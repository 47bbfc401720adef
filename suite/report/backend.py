"""On what records were made, provider and profile, and how a report of several tells them apart."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from suite.judging.record import Record


@dataclass(frozen=True, order=True)
class Backend:
    """A provider, and the profile of the hardware that its results depend on."""

    provider: str
    profile: str


class Backends:
    """The backends of some records, in their order.

    A gate that broke does not know its profile: it is of the first one of its provider.
    """

    def __init__(self, records: Iterable[Record]) -> None:
        found = list(records)
        self._profiles: dict[str, str] = {}
        for record in found:
            if record.profile:
                self._profiles.setdefault(record.provider, record.profile)
        self.records: Mapping[Backend, Sequence[Record]] = self._grouped(found)

    def _grouped(self, records: Iterable[Record]) -> dict[Backend, list[Record]]:
        groups: dict[Backend, list[Record]] = {}
        for record in records:
            groups.setdefault(self.of(record), []).append(record)
        return groups

    def of(self, record: Record) -> Backend:
        """The backend of a record."""
        profile = record.profile or self._profiles.get(record.provider, "")
        return Backend(record.provider, profile)

    @property
    def several(self) -> bool:
        """Whether there is anything to tell apart."""
        return len(self.records) > 1

    def on(self, record: Record) -> str:
        """The backend of a record as it follows other words; empty where there is but one."""
        return f" ({self.names[self.of(record)]})" if self.several else ""

    @cached_property
    def names(self) -> Mapping[Backend, str]:
        """What each is called: by its provider, and by its profile where a provider has several."""
        return names_of(self.records)


def names_of(backends: Iterable[Backend]) -> dict[Backend, str]:
    """What each backend is called among others.

    >>> names_of([Backend("cpu", "cpu-avx2"), Backend("openvino", "openvino-cpu-avx2")]).values()
    dict_values(['cpu', 'openvino'])
    >>> names_of([Backend("cpu", "cpu-avx2"), Backend("cpu", "cpu-vnni")]).values()
    dict_values(['cpu, cpu-avx2', 'cpu, cpu-vnni'])
    """
    found = list(dict.fromkeys(backends))
    providers = [backend.provider for backend in found]
    return {
        each: each.provider
        if providers.count(each.provider) == 1
        else f"{each.provider}, {each.profile or 'of no known profile'}"
        for each in found
    }
