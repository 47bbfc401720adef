"""What a machine gave to others: steal time of a virtual machine, and throttling by a cgroup."""

import re
from dataclasses import dataclass
from pathlib import Path

# Version 2 has one tree, version 1 one for the CPU; a process sees its own as the root, or not.
_CPU_STATS = ("/sys/fs/cgroup/cpu.stat", "/sys/fs/cgroup/cpu/cpu.stat")
_STAT = "/proc/stat"
# What /proc/stat counts in, whatever the kernel's own tick (man 5 proc).
_TICK_S = 0.01


@dataclass(frozen=True)
class Given:
    """Seconds that a hypervisor gave to others, of all cores, and periods cut short by a quota.

    Both count from some beginning and are 0 where the system does not say.
    """

    steal_s: float = 0.0
    throttled: int = 0

    def since(self, before: "Given") -> "Given":
        """What was given since another reading."""
        return Given(self.steal_s - before.steal_s, self.throttled - before.throttled)


def given_to_others() -> Given:
    """The counts of this moment."""
    cpu = re.search(r"^cpu +((?:\d+ ?)+)$", _read(_STAT), re.MULTILINE)
    # user nice system idle iowait irq softirq steal
    times = cpu.group(1).split() if cpu else []
    steal = int(times[7]) * _TICK_S if len(times) > 7 else 0.0
    counts = (re.search(r"^nr_throttled (\d+)$", _read(at), re.MULTILINE) for at in _CPU_STATS)
    return Given(steal, sum(int(found.group(1)) for found in counts if found))


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
