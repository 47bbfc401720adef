"""A folder as it is at a git revision."""

import io
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from suite.catalog.errors import SuiteError


def in_repository(folder: Path) -> Path:
    """The root of the git repository that a folder is in.

    Raises
    ------
    SuiteError
        where it is in none, or git is not installed.
    """
    found = _git(folder, "rev-parse", "--show-toplevel")
    if found.returncode:
        raise SuiteError(
            where=folder,
            what=f"is in no git repository ({_said(found)}); give a catalog that is in one.",
        )
    return Path(found.stdout.decode().strip())


@contextmanager
def checked_out(revision: str, folder: Path, root: Path) -> Iterator[Path]:
    """A copy of a folder as it is at a revision, for as long as it is used; empty without one.

    Raises
    ------
    SuiteError
        where there is no such revision.
    """
    commit = _git(
        root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"
    )
    if commit.returncode:
        raise SuiteError(
            f"{revision}: is no revision of {root}, and no report's folder; fetch it (a shallow "
            "clone has no history: fetch-depth: 0), or name another."
        )
    inside = folder.resolve().relative_to(root.resolve()).as_posix()
    tree = f"{commit.stdout.decode().strip()}:{'' if inside == '.' else inside}"
    with tempfile.TemporaryDirectory() as scratch:
        if not _git(root, "cat-file", "-e", tree).returncode:
            archive = _git(root, "archive", "--format=tar", tree)
            if archive.returncode:
                raise SuiteError(where=root, what=f"git cannot read {tree} ({_said(archive)}).")
            with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as members:
                members.extractall(scratch, filter="data")
        yield Path(scratch)


def _git(folder: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(["git", "-C", folder, *words], capture_output=True, check=False)
    except FileNotFoundError:
        raise SuiteError("git is not installed, and a revision is asked for; install it.") from None


def _said(process: subprocess.CompletedProcess[bytes]) -> str:
    return " ".join(process.stderr.decode(errors="replace").split())
