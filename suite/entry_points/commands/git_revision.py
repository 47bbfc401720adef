"""A folder as it is at a git revision."""

import hashlib
import io
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from suite.catalog.errors import SuiteError
from suite.catalog.files import leads_outside, read_file, real_path
from suite.catalog.json_file import LARGEST
from suite.judging.baselines.side_file import SUFFIX

# Cards, and baselines with their side files; networks and faces say nothing of the gate that
# their hashes do not.
_READ = (".toml", ".json", SUFFIX)
# With these a hook or a script points git at another repository than the folder's, or at the
# folder as if it were the whole of its repository.
_POINTING = ("GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_PREFIX")
# What a repository's own configuration may name to be run as git looks at it.
_RUNS_NOTHING = ("-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}")
# GitHub's of a pull request and of a push, GitLab's of a merge request and of a push.
_BRANCH_VARIABLES = (
    *("GITHUB_HEAD_REF", "GITHUB_REF_NAME"),
    *("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "CI_COMMIT_REF_NAME"),
)
# How git's modes of a file begin, and its mode of a link.
_FILE, _LINK = "100", "120000"
_KEPT = ("models", "datasets", "modes", "providers", "baselines", "fixtures")


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
    return Path(os.fsdecode(found.stdout.strip()))


def commit_of(root: Path, revision: str) -> str | None:
    """The hash of a revision's commit; None where the repository has none of that name."""
    found = _git(
        root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"
    )
    return None if found.returncode else found.stdout.decode().strip()


def merge_base(root: Path, one: str, other: str) -> str | None:
    """The commit at which two commits, by their hashes, went apart; None where none is known."""
    found = _git(root, "merge-base", one, other)
    return None if found.returncode else found.stdout.decode().strip()


def default_branch(root: Path) -> str | None:
    """What a clone's origin has as its default branch, ``origin/main``; None where nobody says."""
    found = _git(root, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD")
    return None if found.returncode else os.fsdecode(found.stdout.strip())


@dataclass(frozen=True)
class Head:
    """What is checked out: the commit's full hash, and the branch; empty where nobody says."""

    commit: str = ""
    branch: str = ""


def head_of(*folders: Path) -> Head:
    """What is checked out in the repository of the first of some folders that is in one.

    A CI job checks out a commit without a branch, whose name its variables say.
    """
    for folder in folders:
        try:
            commit = _git(folder, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
            branch = _git(folder, "symbolic-ref", "--quiet", "--short", "HEAD")
        except SuiteError:
            return Head()
        if not commit.returncode:
            told = [os.environ.get(name, "") for name in _BRANCH_VARIABLES]
            named = os.fsdecode(branch.stdout).strip() or next(filter(None, told), "")
            return Head(commit.stdout.decode().strip(), named)
    return Head()


def is_as_at(commit: str, folder: Path, root: Path) -> bool:
    """Whether a folder's cards and baselines lie there byte for byte as a commit has them.

    False where git cannot tell. Git itself is not asked to compare: filters that the repository
    names would be run for that.
    """
    listed = _git(root, "ls-tree", "-r", "-z", _tree_of(commit, folder, root))
    if listed.returncode:
        return False
    kept: dict[str, str] = {}
    for mode, digest, name in _entries(listed.stdout):
        if Path(name).parts[0] in _KEPT and (name.endswith(_READ) or not mode.startswith(_FILE)):
            kept[name] = digest
    here = {
        path.relative_to(folder).as_posix(): path
        for top in _KEPT
        for path in (folder / top).rglob("*")
        if path.name.endswith(_READ)
    }
    return here.keys() == kept.keys() and all(
        _is_blob(here[name], digest) for name, digest in kept.items()
    )


def _is_blob(path: Path, digest: str) -> bool:
    """Whether a file's bytes are git's object of that name, as its documentation forms it."""
    try:
        data = read_file(path, LARGEST)
    except (OSError, SuiteError):
        return False
    algorithm = hashlib.sha1 if len(digest) == 40 else hashlib.sha256
    return algorithm(b"blob %d\0" % len(data) + data).hexdigest() == digest


def _tree_of(commit: str, folder: Path, root: Path) -> str:
    inside = real_path(folder).relative_to(real_path(root)).as_posix()
    return f"{commit}:{'' if inside == '.' else inside}"


@contextmanager
def checked_out(revision: str, folder: Path, root: Path) -> Iterator[Path]:
    """A folder's cards and baselines as they are at a revision; empty where it is not there then.

    Raises
    ------
    SuiteError
        where there is no such revision.
    """
    commit = commit_of(root, revision)
    if commit is None:
        raise SuiteError(
            f"{revision}: is no revision of {root}, and no report's folder; fetch it (a shallow "
            "clone has no history: fetch-depth: 0), or name another."
        )
    tree = _tree_of(commit, folder, root)
    with tempfile.TemporaryDirectory() as scratch:
        if not _git(root, "cat-file", "-e", tree).returncode:
            _write_out(root, tree, Path(scratch))
        yield Path(scratch)


def _write_out(root: Path, tree: str, folder: Path) -> None:
    """Write a tree's cards and baselines, byte for byte as they are kept.

    ``git archive`` would leave out what attributes say is not to be exported.
    """
    listed = _git(root, "ls-tree", "-r", "-z", tree)
    wanted: list[tuple[str, str]] = []
    for mode, digest, name in _entries(listed.stdout):
        if mode == _LINK and Path(name).parts[0] in _KEPT:
            raise SuiteError(
                where=root,
                what=f"{name} is a link in {tree}, which is not followed; keep cards and baselines "
                "as files.",
            )
        if leads_outside(name):
            raise SuiteError(
                where=root,
                what=f"{name} in {tree} lies outside of it, and git itself makes no such commit; "
                "trust nothing else in that repository.",
            )
        if mode.startswith(_FILE) and name.endswith(_READ):
            wanted.append((digest, name))
    asked = "".join(f"{digest}\n" for digest, _ in wanted)
    found = _git(root, "cat-file", "--batch", given=asked.encode())
    for process in (listed, found):
        if process.returncode:
            raise _unreadable(root, tree, _said(process))
    stream = io.BytesIO(found.stdout)
    for digest, name in wanted:
        header = stream.readline().split()
        if len(header) != 3:
            raise _unreadable(root, tree, f"{name} is missing, which is {digest}")
        size = int(header[2])
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(stream.read(size))
        stream.read(1)  # the line's end


def _entries(listed: bytes) -> Iterator[tuple[str, str, str]]:
    """The mode, the object's hash and the name of each line of ``git ls-tree -z``."""
    for line in listed.split(b"\0")[:-1]:
        told, _, name = os.fsdecode(line).partition("\t")
        mode, _, digest = told.split()[:3]
        yield mode, digest, name


def _unreadable(root: Path, tree: str, why: str) -> SuiteError:
    return SuiteError(
        where=root, what=f"git cannot read {tree} ({why}); fetch it whole, or mend the repository."
    )


def _git(
    folder: Path, *words: str, given: bytes | None = None
) -> subprocess.CompletedProcess[bytes]:
    try:
        command = ["git", *_RUNS_NOTHING, "-C", str(folder), *words]
        environment = {name: value for name, value in os.environ.items() if name not in _POINTING}
        environment["GIT_NO_LAZY_FETCH"] = "1"
        return subprocess.run(
            command, input=given, capture_output=True, check=False, env=environment
        )
    except FileNotFoundError:
        raise SuiteError("git is not installed, and a revision is asked for; install it.") from None


def _said(process: subprocess.CompletedProcess[bytes]) -> str:
    return " ".join(process.stderr.decode(errors="replace").split())
