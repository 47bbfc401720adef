"""What loading and first running a network costs, measured in a process of its own.

``python -m suite.runtime.footprint`` answers a question with a `Footprint`.
"""

import json
import re
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from suite.catalog.errors import ModelError
from suite.catalog.provider_card import ProviderCard
from suite.runtime.child import ask, serve

MIB = 2**20


@dataclass(frozen=True)
class Footprint:
    """Milliseconds to load and to run once, and the peak of memory that both added, in MiB.

    Host memory is None where the system does not say; device memory is None on a CPU.
    """

    load_ms: float
    first_run_ms: float
    peak_memory_mib: float | None
    device_memory_mib: float | None


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
    host, device = _peak_bytes(), used_bytes(card.device_id) if on_gpu else 0
    start = time.perf_counter()
    session = load(Path(str(question["path"])), card, threads=card.threads.latency)
    loaded = time.perf_counter()
    name, dtype = image_input(session, question["input"])
    values = noise(tuple(question["shape"]), dtype, 0)
    begun = time.perf_counter()
    with running(values.shape):
        session.run(None, {name: values})
    ran = time.perf_counter()
    peak = _peak_bytes()
    found = Footprint(
        load_ms=(loaded - start) * 1e3,
        first_run_ms=(ran - begun) * 1e3,
        peak_memory_mib=(peak - host) / MIB if peak is not None and host is not None else None,
        device_memory_mib=(used_bytes(card.device_id) - device) / MIB if on_gpu else None,
    )
    return asdict(found)


def _peak_bytes() -> int | None:
    # getrusage's maximum outlives exec, so that it would be the parent's.
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")
    except OSError:
        return None
    found = re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
    return int(found.group(1)) * 1024 if found else None


if __name__ == "__main__":
    serve(_measure)
