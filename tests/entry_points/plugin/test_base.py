"""What a run is compared with: a base that is given, that CI names, or where the branch began."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from team import MODEL, copy_catalog

from suite.catalog.catalog import Catalog
from suite.catalog.errors import SuiteError
from suite.catalog.folder import read_catalog
from suite.catalog.selection import Options
from suite.entry_points.plugin.base import compared, refuse_unknown_base
from suite.entry_points.plugin.continuous_integration import bases
from suite.judging.changes.compared import NOTHING, Compared

ZEROS = "0" * 40
NOBODY = {"user.name": "x", "user.email": "x@example.org"}


class Repository:
    """A git repository whose folder ``quant`` is a catalog."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.catalog = root / "quant"

    def git(self, *words: str) -> str:
        who = [word for key, value in NOBODY.items() for word in ("-c", f"{key}={value}")]
        command = ["git", *who, *words]
        made = subprocess.run(command, cwd=self.root, check=True, capture_output=True, text=True)
        return made.stdout.strip()

    def commit(self, flip: str | None = None) -> str:
        """Commit all, with another flip in the model's card where one is given; its hash."""
        if flip:
            self.edit(flip)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "x")
        return self.git("rev-parse", "HEAD")

    def edit(self, flip: str) -> None:
        card = self.catalog / "models" / f"{MODEL}.toml"
        lines = [line for line in card.read_text().splitlines() if not line.startswith("flip")]
        at = next(n for n, line in enumerate(lines) if line.startswith("title"))
        card.write_text("\n".join([*lines[: at + 1], f'flip = "{flip}"', *lines[at + 1 :], ""]))

    def compared(self, base: str | None = None, **environment: str) -> Compared:
        options = Options(base=base, catalog=self.catalog)
        return compared(options, self.read(), environment)

    def read(self) -> Catalog:
        return read_catalog(self.catalog)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """On its branch ``main`` one commit, with the flip of the built-in card, ``add``."""
    made = Repository(tmp_path / "repository")
    made.catalog.mkdir(parents=True)
    made.git("init", "-q", "-b", "main")
    copy_catalog(made.catalog, MODEL)
    made.commit()
    return made


def flips(found: Compared) -> list[str]:
    return [change.sentence for change in found.changes if change.what == "flip"]


def test_a_branch_is_compared_with_where_it_began(repository: Repository) -> None:
    repository.git("switch", "-q", "-c", "branch")
    repository.commit("none")
    repository.git("switch", "-q", "main")
    (repository.root / "quant" / "datasets" / "other.toml").write_text(
        (repository.root / "quant" / "datasets" / "embedded-evaluation.toml")
        .read_text()
        .replace("embedded-evaluation", "other", 1)
    )
    moved_on = repository.commit()
    repository.git("switch", "-q", "branch")
    for base in (None, "main", moved_on):
        found = repository.compared(base)
        assert flips(found) == ['flip "add" → "none"'], base
        assert not any("other" in change.of for change in found.changes)
    assert repository.compared().base == "main"


def test_what_is_not_committed_counts(repository: Repository) -> None:
    repository.edit("none")
    found = repository.compared()
    assert flips(found) == ['flip "add" → "none"']
    assert found.base == "the last commit"


def test_the_default_branch_is_compared_with_the_commit_before(repository: Repository) -> None:
    before = repository.git("rev-parse", "HEAD")
    repository.commit("none")
    found = repository.compared()
    assert (found.base, found.commit) == ("the commit before", before)
    assert flips(found) == ['flip "add" → "none"']


def test_where_nothing_changed_the_commit_before_is_named(repository: Repository) -> None:
    before = repository.git("rev-parse", "HEAD")
    repository.commit()
    found = repository.compared()
    assert found == Compared(base="the commit before", commit=before)


def test_what_git_ignores_or_does_not_know_counts(repository: Repository) -> None:
    (repository.root / ".gitignore").write_text("quant/models/new.toml\n")
    repository.commit()
    card = repository.catalog / "models" / f"{MODEL}.toml"
    new = card.read_text().replace(f'id = "{MODEL}"', 'id = "new"')
    for name in ("new", "unknown"):
        path = card.with_name(f"{name}.toml")
        path.write_text(new)
        found = repository.compared()
        assert "model new" in {change.of for change in found.changes}, name
        path.unlink()


def test_what_is_no_card_is_not_read(repository: Repository, monkeypatch) -> None:
    repository.commit()
    (repository.catalog / "face-quant-report").mkdir()
    (repository.catalog / "face-quant-report" / "report.json").write_text("{}")
    (repository.catalog / "models" / "notes.txt").write_text("none")
    monkeypatch.setattr("suite.entry_points.plugin.base.state_of", None)
    assert repository.compared().base == "the commit before"


def test_a_branch_of_any_bytes_can_be_named(repository: Repository) -> None:
    odd = os.fsdecode(b"caf\xe9")
    repository.git("branch", odd)
    repository.commit("none")
    assert repository.compared(odd).base == "caf\\udce9"


def test_a_first_commit_has_nothing_before_it(repository: Repository) -> None:
    assert repository.compared() == Compared(why_not=NOTHING)


def test_a_shallow_clone_is_not_taken_for_no_change(repository: Repository, tmp_path: Path) -> None:
    repository.commit("none")
    repository.git("switch", "-q", "-c", "branch")
    repository.commit("add")
    for branch in ("main", "branch"):
        shallow = Repository(tmp_path / branch)
        source = f"file://{repository.root}"
        repository.git("clone", "-q", "--depth=1", f"--branch={branch}", source, str(shallow.root))
        assert shallow.compared() == Compared(why_not=NOTHING)
        event = shallow.root / "event.json"
        event.write_text(json.dumps({"before": repository.git("rev-parse", "HEAD~1")}))
        assert shallow.compared(GITHUB_EVENT_PATH=str(event)) == Compared(why_not=NOTHING)


def test_a_folder_without_git_says_so_in_one_line(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    alone = Repository(tmp_path / "alone")
    alone.catalog.mkdir(parents=True)
    copy_catalog(alone.catalog, MODEL)
    found = alone.compared()
    assert found.why_not.startswith("nothing compared: ")
    assert "is in no git repository" in found.why_not
    assert "\n" not in found.why_not


def test_without_git_nothing_is_compared_and_nothing_fails(
    repository: Repository, monkeypatch
) -> None:
    monkeypatch.setenv("PATH", "")
    assert repository.compared().why_not.startswith("nothing compared: git is not installed")


def test_a_catalog_that_was_not_there_is_all_new(repository: Repository) -> None:
    other = Repository(repository.root)
    other.catalog = repository.root / "more"
    copy_catalog_into(other.catalog)
    repository.commit()
    found = other.compared()
    assert found.changes == ()
    assert found.why_not.endswith("has no catalog there; all is new")


def copy_catalog_into(folder: Path) -> None:
    folder.mkdir()
    copy_catalog(folder, MODEL)


def test_a_baseline_that_cannot_be_read_leaves_nothing_compared(repository: Repository) -> None:
    repository.commit()
    path = repository.catalog / "baselines" / "cpu" / MODEL / "fp32.json"
    path.parent.mkdir(parents=True)
    path.write_text("{")
    found = repository.compared()
    assert found.why_not.startswith("nothing compared: ")
    assert "fp32.json" in found.why_not


def test_a_given_base_that_is_none_is_refused(repository: Repository) -> None:
    for base in ("nowhere", "--output=x"):
        with pytest.raises(SuiteError, match=f"--base: {base} is no revision of .*fetch-depth: 0"):
            refuse_unknown_base(Options(base=base), repository.read())
    refuse_unknown_base(Options(base="main"), repository.read())
    refuse_unknown_base(Options(), repository.read())


def test_a_given_base_that_is_ahead_is_compared_with_itself(repository: Repository) -> None:
    ahead = repository.commit("none")
    repository.git("switch", "-q", "--detach", "HEAD~1")
    found = repository.compared("main")
    assert (found.commit, flips(found)) == (ahead, ['flip "none" → "add"'])


def event(folder: Path, **says: object) -> dict[str, str]:
    path = folder / "event.json"
    path.write_text(json.dumps(says))
    return {"GITHUB_EVENT_PATH": str(path)}


A, B = "a" * 40, "b" * 40


def test_github_names_the_base_of_a_pull_request(tmp_path: Path) -> None:
    says = event(tmp_path, pull_request={"base": {"sha": A}}, repository={"default_branch": "dev"})
    assert list(bases({"GITHUB_BASE_REF": "release", **says})) == [
        "origin/release",
        A,
        "origin/dev",
    ]
    queue = event(tmp_path, merge_group={"base_sha": B})
    assert list(bases(queue)) == [B]


@pytest.mark.parametrize(
    ("ref", "before", "expected"),
    [
        ("refs/heads/dev", A, [A, "origin/dev"]),
        ("refs/heads/branch", A, ["origin/dev"]),
        ("refs/heads/dev", ZEROS, ["origin/dev"]),
        ("refs/heads/dev", "--output=x", ["origin/dev"]),
    ],
    ids=["default branch", "another branch", "a new branch", "no commit"],
)
def test_github_names_what_a_push_replaced(
    tmp_path: Path, ref: str, before: str, expected: list[str]
) -> None:
    says = event(tmp_path, before=before, repository={"default_branch": "dev"})
    assert list(bases({"GITHUB_REF": ref, **says})) == expected


@pytest.mark.parametrize("text", ["", "[]", '{"repository": 3}', "nul", '{"before": [1]}'])
def test_an_odd_event_names_nothing(tmp_path: Path, text: str) -> None:
    path = tmp_path / "event.json"
    path.write_text(text)
    assert list(bases({"GITHUB_EVENT_PATH": str(path)})) == []
    assert list(bases({"GITHUB_EVENT_PATH": str(tmp_path / "absent")})) == []


def test_gitlab_names_the_base_of_a_merge_request() -> None:
    says = {
        "CI_MERGE_REQUEST_TARGET_BRANCH_SHA": A,
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": B,
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "release",
        "CI_DEFAULT_BRANCH": "dev",
    }
    assert list(bases(says)) == [A, B, "origin/release", "origin/dev"]
    # Empty in a pipeline of the branch's own commits.
    says["CI_MERGE_REQUEST_TARGET_BRANCH_SHA"] = ""
    assert next(bases(says)) == B


def test_gitlab_names_what_a_push_to_the_default_branch_replaced() -> None:
    says = {"CI_DEFAULT_BRANCH": "dev", "CI_COMMIT_BEFORE_SHA": A}
    assert list(bases({**says, "CI_COMMIT_BRANCH": "dev"})) == [A, "origin/dev"]
    assert list(bases({**says, "CI_COMMIT_BRANCH": "branch"})) == ["origin/dev"]


def test_a_base_that_ci_names_comes_before_the_default_branch(repository: Repository) -> None:
    first = repository.git("rev-parse", "HEAD")
    repository.commit("none")
    repository.commit("add")
    found = repository.compared(CI_MERGE_REQUEST_DIFF_BASE_SHA=first)
    assert (found, found.named) == (Compared(base=first[:7], commit=first), first[:7])
    # One that the clone lacks is passed over.
    found = repository.compared(CI_MERGE_REQUEST_DIFF_BASE_SHA=A)
    assert found.base == "the commit before"
    assert flips(found) == ['flip "none" → "add"']


def test_a_pull_request_that_is_checked_out_as_merged_shows_its_own_changes(
    repository: Repository, tmp_path: Path
) -> None:
    repository.git("switch", "-q", "-c", "branch")
    repository.commit("none")
    began = repository.git("rev-parse", "HEAD~1")
    repository.git("switch", "-q", "main")
    other = repository.catalog / "datasets" / "other.toml"
    other.write_text(
        other.with_name("embedded-evaluation.toml")
        .read_text()
        .replace('id = "embedded-evaluation"', 'id = "other"')
    )
    repository.commit()
    checkout = Repository(tmp_path / "checkout")
    repository.git("clone", "-q", f"file://{repository.root}", str(checkout.root))
    checkout.git("switch", "-q", "--detach", "origin/main")
    checkout.git("merge", "-q", "--no-edit", "origin/branch")
    # The event's base may be older than what was merged into.
    says = event(tmp_path, pull_request={"base": {"sha": began}})
    found = checkout.compared(GITHUB_BASE_REF="main", **says)
    assert (found.base, flips(found)) == ("origin/main", ['flip "add" → "none"'])
    assert {change.of for change in found.changes} == {f"model {MODEL}"}


def test_the_suite_s_own_repository_has_a_base_or_says_why() -> None:
    found = compared(Options(), read_catalog(None), os.environ)
    assert bool(found.commit) != bool(found.why_not)
