"""Locks keep others out, and leave nothing behind."""

import fcntl
import importlib.util
import shutil
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

from suite.catalog import lock
from suite.catalog.lock import Lock

ROOT = Path(__file__).resolve().parents[2]


def test_a_lock_is_gone_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "new" / ".lock"
    with Lock(path):
        assert path.is_file()
        assert not Lock(path).acquire(wait=False)
    assert list(path.parent.iterdir()) == []
    with pytest.raises(ZeroDivisionError), Lock(path):
        _ = 1 / 0
    assert list(path.parent.iterdir()) == []


def test_who_waited_holds_the_file_that_is_there(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    first, second = Lock(path), Lock(path)
    first.acquire()
    waiting = threading.Thread(target=second.acquire)
    waiting.start()
    first.release()
    waiting.join()
    # A file of the same name that anybody could make and hold would guard nothing.
    assert not Lock(path).acquire(wait=False)
    second.release()
    second.release()
    assert Lock(path).acquire(wait=False)


def test_nobody_works_at_the_same_time(tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")

    def count(_: int) -> None:
        with Lock(tmp_path / ".lock"):
            counter.write_text(str(int(counter.read_text()) + 1))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(count, range(100)))
    assert counter.read_text() == "100"
    assert [path.name for path in tmp_path.iterdir()] == ["counter"]


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    words = "import os, sys; from pathlib import Path; from suite.catalog.lock import Lock; "
    words += "Lock(Path(sys.argv[1])).acquire(); os._exit(9)"
    killed = subprocess.run([sys.executable, "-c", words, path], cwd=ROOT, check=False)
    assert (killed.returncode, path.exists()) == (9, True)
    with Lock(path):
        pass
    assert not path.exists()


def test_a_folder_that_vanishes_while_waiting_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "folder" / ".lock"
    first, second = Lock(path), Lock(path)
    first.acquire()
    waiting = threading.Thread(target=second.acquire)
    waiting.start()
    # The waiting thread may make it anew meanwhile.
    shutil.rmtree(path.parent, ignore_errors=True)
    first.release()
    waiting.join()
    assert not Lock(path).acquire(wait=False)


def test_a_lock_that_was_made_since_is_left_to_its_holder(tmp_path: Path) -> None:
    path = tmp_path / "folder" / ".lock"
    first, second = Lock(path), Lock(path)
    first.acquire()
    shutil.rmtree(path.parent)
    second.acquire()
    first.release()
    assert not Lock(path).acquire(wait=False)
    second.release()
    assert Lock(path).acquire(wait=False)


def test_a_link_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic link"), Lock(tmp_path / ".lock"):
        pass
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("below", ["", "a/b"])
def test_a_folder_that_is_a_link_to_nothing_is_refused(tmp_path: Path, below: str) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    lock = Lock(tmp_path / "link" / below / ".lock")
    with pytest.raises(FileNotFoundError, match="it is a link to nothing"):
        lock.acquire(wait=False)
    (tmp_path / "nowhere").mkdir()
    assert lock.acquire(wait=False)
    lock.release()


def test_on_windows_a_file_is_removed_once_it_is_closed(tmp_path: Path, monkeypatch) -> None:
    """By a stand-in for msvcrt, which refuses with PermissionError what another holds."""
    calls: list[str] = []

    def locking(descriptor: int, mode: int, count: int) -> None:
        assert (mode, count) == (2, 1)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            calls.append("refused")
            raise PermissionError from None

    def locking_out(_: Path) -> None:
        raise PermissionError

    monkeypatch.setitem(sys.modules, "msvcrt", SimpleNamespace(LK_NBLCK=2, locking=locking))
    with monkeypatch.context() as patch:
        patch.setattr(sys, "platform", "win32")
        spec = importlib.util.spec_from_file_location("lock_on_windows", lock.__file__)
        windows = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(windows)
        monkeypatch.setattr(windows, "_POLL_SECONDS", 0.001)
        path = tmp_path / ".lock"
        held, waiting = windows.Lock(path), windows.Lock(path)
        held.acquire()
        assert not waiting.acquire(wait=False)
        thread = threading.Thread(target=waiting.acquire)
        thread.start()
        while len(calls) < 3:
            time.sleep(0.001)
        # Windows removes no file that is open; here it has to be told so.
        patch.setattr(Path, "unlink", locking_out)
        held.release()
        thread.join()
        assert path.exists()
        patch.undo()
        patch.setattr(sys, "platform", "win32")
        waiting.release()
    assert not path.exists()
