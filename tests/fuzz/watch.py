"""What a reader must not do meanwhile: take more time or memory, make noise, run or write."""

import os
import resource
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

# Audit events (Python's docs, "Audit events table") of what no file may lead to.
_RUNS = (
    *("os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn"),
    *("subprocess.Popen", "pty.spawn", "ctypes.dlopen", "os.kill", "pickle.find_class"),
    *("socket.connect", "socket.bind", "socket.getaddrinfo", "urllib.Request"),
)
_WRITES = (
    *("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate"),
    *("os.chmod", "os.chown", "shutil.rmtree", "shutil.move", "shutil.copyfile"),
)
_MIB = 2**20


@dataclass
class Seen:
    """What one input came to besides its result."""

    cpu_seconds: float = 0.0
    mebibytes: float = 0.0
    noise: str = ""
    events: list[str] = field(default_factory=list)


class Watch:
    """Watches this process and those that it has started; there is one, for a hook stays for ever.

    Parameters
    ----------
    own : the folder below which may be written
    """

    def __init__(self, own: Path) -> None:
        self._own = os.path.realpath(own)
        self._now: Seen | None = None
        sys.addaudithook(self._audit)

    @contextmanager
    def over(self) -> Iterator[Seen]:
        """What happens inside."""
        seen = Seen()
        held = _held()
        begun = _cpu_seconds()
        with tempfile.TemporaryFile() as noise, _into(noise.fileno()):
            self._now = seen
            try:
                yield seen
            finally:
                self._now = None
                seen.cpu_seconds = _cpu_seconds() - begun
                seen.mebibytes = max(0.0, _most_held() - held)
                sys.stdout.flush()
                sys.stderr.flush()
                noise.seek(0)
                seen.noise = noise.read(2000).decode("utf-8", "replace")

    def _audit(self, event: str, arguments: tuple[object, ...]) -> None:
        if self._now is None:
            return
        if event in _RUNS or (event == "compile" and _runs(arguments)):
            self._now.events.append(f"{event} {arguments!r}"[:300])
        elif event in _WRITES or (event == "open" and _writes(arguments)):
            named = arguments[:1] if event == "open" else arguments
            paths = [
                os.fspath(each) for each in named if isinstance(each, str | bytes | os.PathLike)
            ]
            paths = [os.fsdecode(path) for path in paths]
            if not all(os.path.realpath(path).startswith(self._own) for path in paths):
                self._now.events.append(f"{event} {arguments!r}"[:300])


def _runs(arguments: tuple[object, ...]) -> bool:
    """Whether a text becomes code: neither a module that is imported nor a literal that is read."""
    file = str(arguments[1]) if len(arguments) > 1 else ""
    return not file.endswith(".py") and file != "<unknown>"


def _writes(arguments: tuple[object, ...]) -> bool:
    mode, flags = arguments[1], arguments[2]
    if isinstance(mode, str):
        return any(letter in mode for letter in "wax+")
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))


@contextmanager
def _into(file: int) -> Iterator[None]:
    """Both of the process's outputs, those of libraries in C too, go into a file."""
    kept = os.dup(1), os.dup(2)
    try:
        os.dup2(file, 1)
        os.dup2(file, 2)
        yield
    finally:
        for number, copy in zip((1, 2), kept, strict=True):
            os.dup2(copy, number)
            os.close(copy)


def _processes() -> list[Path]:
    """This process and those that it started, as the system shows them."""
    started = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return [Path("/proc/self"), *(Path("/proc") / number for number in started)]


def _cpu_seconds() -> float:
    """CPU time so far of the process and of those that it has."""
    ticks = 0
    for process in _processes():
        # After the name, which may have blanks: utime and stime are the 14th and 15th field.
        fields = (process / "stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _held() -> float:
    """MiB that the processes hold; what they held at most is counted anew from here."""
    for process in _processes():
        (process / "clear_refs").write_text("5")
    return sum(_status(process, "VmRSS:") for process in _processes())


def _most_held() -> float:
    return sum(_status(process, "VmHWM:") for process in _processes())


def _status(process: Path, key: str) -> float:
    for line in (process / "status").read_text().splitlines():
        if line.startswith(key):
            return int(line.split()[1]) / 1024
    return 0.0  # of a process that has just ended


def limit_memory(mebibytes: int) -> None:
    """Let the process have so much address space beyond what it has."""
    limit = int((_status(Path("/proc/self"), "VmSize:") + mebibytes) * _MIB)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
