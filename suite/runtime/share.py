"""How the cores that embed are shared: few threads a run, and several runs at the same time."""

from dataclasses import dataclass

from suite.catalog.cores import own_cores
from suite.catalog.provider_card import ProviderCard

_CPU = "CPUExecutionProvider"
# Each run holds the activations of a batch: some 400 MB of an IR-50 in batches of 32.
_MOST_RUNS = 4


@dataclass(frozen=True)
class Share:
    """So many ``runs`` in one session at the same time, each of so many ``threads``; 0 is all."""

    runs: int
    threads: int


def share(card: ProviderCard, threads: int) -> Share:
    """What is fastest on a provider with so many threads, 0 for every core.

    On the CPU two runs of one thread embed 1.3 to 2 times as many faces as one run of two threads:
    a run's threads wait for one another at each node. Other providers share their device out
    themselves.
    """
    if card.execution_provider != _CPU:
        return Share(1, threads)
    cores = threads or own_cores()
    runs = min(cores, _MOST_RUNS)
    return Share(runs, cores // runs)
