"""What a reader must not do meanwhile: take more time or memory, make noise, run or write."""

import os
import resource
import sys
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
_MIB, _PAGE, _TICKS = 2**20, os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_CLK_TCK")


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
        self._noise = os.memfd_create("noise")
        _KNOWN["self"] = _Process("self")  # of a worker, which is forked
        sys.addaudithook(self._audit)

    @contextmanager
    def over(self) -> Iterator[Seen]:
        """What happens inside."""
        seen = Seen()
        processes = [_KNOWN["self"], *_children()]
        begun = sum(process.cpu_seconds() for process in processes)
        held = sum(process.begin_to_hold() for process in processes)
        with _into(self._noise):
            self._now = seen
            try:
                yield seen
            finally:
                self._now = None
                processes = [_KNOWN["self"], *_children()]
                seen.cpu_seconds = sum(process.cpu_seconds() for process in processes) - begun
                seen.mebibytes = max(0.0, sum(each.most_held() for each in processes) - held)
                sys.stdout.flush()
                sys.stderr.flush()
                seen.noise = os.pread(self._noise, 2000, 0).decode("utf-8", "replace")
                os.ftruncate(self._noise, 0)
                os.lseek(self._noise, 0, os.SEEK_SET)

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


class _Process:
    """A process as the system shows it; its files stay open, for it is looked at often."""

    def __init__(self, number: str) -> None:
        self._stat, self._statm, self._status = (
            os.open(f"/proc/{number}/{name}", os.O_RDONLY) for name in ("stat", "statm", "status")
        )
        self._clear = os.open(f"/proc/{number}/clear_refs", os.O_WRONLY)

    def cpu_seconds(self) -> float:
        """CPU time so far."""
        # After the name, which may have blanks: utime and stime are the 14th and 15th field.
        fields = os.pread(self._stat, 4096, 0).rpartition(b")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def begin_to_hold(self) -> float:
        """MiB that it holds; what it holds at most is counted anew from here."""
        os.write(self._clear, b"5")
        return int(os.pread(self._statm, 4096, 0).split()[1]) * _PAGE / _MIB

    def most_held(self) -> float:
        """MiB that it held at most since then."""
        return self.in_status(b"VmHWM:")

    def in_status(self, key: bytes) -> float:
        """MiB by their name."""
        words = os.pread(self._status, 8192, 0).partition(key)[2].split(maxsplit=1)
        return int(words[0]) / 1024


_KNOWN: dict[str, _Process] = {}


def _children() -> list[_Process]:
    """The processes that this one started and that still are."""
    numbers = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    for number in numbers:
        if number not in _KNOWN:
            _KNOWN[number] = _Process(number)
    return [_KNOWN[number] for number in numbers]


def limit_memory(mebibytes: int) -> None:
    """Let the process have so much address space beyond what it has."""
    limit = int((_Process("self").in_status(b"VmSize:") + mebibytes) * _MIB)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
