"""What loading and first running a network costs, measured in a process of its own.

``python -m suite.runtime.footprint`` answers a question with a `Footprint`.
"""

import json
import re
import statistics
import time
from array import array
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from suite.catalog.errors import ModelError
from suite.catalog.provider_card import ProviderCard
from suite.runtime.child import ask, serve

KIB, MIB = 2**10, 2**20
# Runs by which a leak shows, in so many seconds: a network of 15 ms has some 200 of them. Whatever
# they take there are a few, so that every machine measures the same figures.
_RUNS, _LEAST_RUNS, _RUNS_S = 2000, 40, 3.0


@dataclass(frozen=True)
class Footprint:
    """Milliseconds to load and to run once, and the peak of memory that both added, in MiB.

    ``memory_growth_kib`` is what host memory grows by with each of ``memory_runs`` further runs, in
    KiB. Host memory is None where the system does not say; device memory is None on a CPU.
    """

    load_ms: float
    first_run_ms: float
    peak_memory_mib: float | None
    device_memory_mib: float | None
    memory_growth_kib: float | None = None
    memory_runs: int | None = None


def footprint(
    path: Path, card: ProviderCard, input_name: str | None, shape: tuple[int, ...]
) -> Footprint:
    """Measure a network in a fresh process, with the provider's latency threads.

    Raises
    ------
    ModelError
        where that process fails, with its whole reason.
    """
    question = {
        "path": str(path),
        "card": card.model_dump(mode="json") | {"card_file": str(card.card_file)},
        "input": input_name,
        "shape": list(shape),
    }
    (found,) = ask("suite.runtime.footprint", [question])
    if found.problem:
        raise ModelError(
            where=path, what=f"cannot be loaded and run in a process of its own: {found.problem}"
        )
    return Footprint(**found.value)


def _measure(question: dict[str, Any]) -> dict[str, float | None]:
    import onnxruntime as ort

    from suite.runtime.binding import noise
    from suite.runtime.nvidia import used_bytes
    from suite.runtime.ports import image_input
    from suite.runtime.running import running
    from suite.runtime.sessions import load

    card = ProviderCard.model_validate_json(json.dumps(question["card"]))
    on_gpu = card.memory == "cuda"
    if on_gpu:
        ort.preload_dlls()
    host, device = _bytes_of("VmHWM"), used_bytes(card.device_id) if on_gpu else 0
    start = time.perf_counter()
    session = load(Path(str(question["path"])), card, threads=card.threads.latency)
    loaded = time.perf_counter()
    name, dtype = image_input(session, question["input"])
    values = noise(tuple(question["shape"]), dtype, 0)
    begun = time.perf_counter()
    with running(values.shape):
        session.run(None, {name: values})
        ran = time.perf_counter()
        peak = _bytes_of("VmHWM")
        grown = _grown(lambda: session.run(None, {name: values}))
    found = Footprint(
        load_ms=(loaded - start) * 1e3,
        first_run_ms=(ran - begun) * 1e3,
        peak_memory_mib=(peak - host) / MIB if peak is not None and host is not None else None,
        device_memory_mib=(used_bytes(card.device_id) - device) / MIB if on_gpu else None,
        memory_growth_kib=growth_a_run(grown) / KIB if grown else None,
        memory_runs=len(grown) or None,
    )
    return asdict(found)


def _grown(run: Callable[[], object]) -> list[int]:
    """The bytes resident after each of many runs; none where nobody says."""
    # Made beforehand, so that it is no growth itself.
    resident, count = array("q", bytes(8 * _RUNS)), 0
    until = time.perf_counter() + _RUNS_S
    while count < _LEAST_RUNS or (count < _RUNS and time.perf_counter() < until):
        run()
        now = _bytes_of("VmRSS")
        if now is None:
            return []
        resident[count] = now
        count += 1
    return resident[:count].tolist()


def growth_a_run(resident: Sequence[int]) -> float:
    """What memory grows by with a run: between the medians of the second and the last quarter.

    Medians, so that a page here and there does not count; without the first quarter, in which an
    allocator finds its size.

    >>> growth_a_run([100, 900, 1000, 1010, 1020, 1030, 1040, 1050])
    10.0
    """
    quarter = len(resident) // 4
    early = statistics.median(resident[quarter : 2 * quarter])
    late = statistics.median(resident[len(resident) - quarter :])
    return (late - early) / (len(resident) - 2 * quarter)


def _bytes_of(key: str) -> int | None:
    # getrusage's maximum outlives exec, so that it would be the parent's.
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")
    except OSError:
        return None
    found = re.search(rf"^{key}:\s+(\d+) kB", status, re.MULTILINE)
    return int(found.group(1)) * 1024 if found else None


if __name__ == "__main__":
    serve(_measure)
