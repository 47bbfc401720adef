"""The command that compares revisions and runs."""

import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from team import MODEL, copy_catalog

from suite.entry_points.commands.git_revision import _BRANCH_VARIABLES, Head, head_of, is_as_at
from suite.entry_points.commands.main import main


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    """A repository whose folder ``quant`` is a catalog, committed twice: then with another flip."""
    folder = tmp_path / "repository" / "quant"
    folder.mkdir(parents=True)
    git(folder.parent, "init", "-q")
    (folder.parent / "README").write_text("nothing yet")
    commit(folder, "begin")
    copy_catalog(folder, MODEL)
    commit(folder, "add")
    card = folder / "models" / f"{MODEL}.toml"
    card.write_text(card.read_text().replace('flip = "add"', 'flip = "none"'))
    commit(folder, "change")
    return folder


def git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    subprocess.run(["git", *who, *words], cwd=folder, check=True)


def commit(folder: Path, message: str) -> None:
    git(folder, "add", "-A", "..")
    git(folder, "commit", "-q", "-m", message)


def test_a_revision_is_compared_with_another_or_the_working_tree(catalog: Path, capsys) -> None:
    assert main(["diff", "HEAD~1", "HEAD", f"--catalog={catalog}", "--fail-on-harm"]) == 1
    said = capsys.readouterr().out
    assert said.startswith("1 harmful and 0 other changes from HEAD~1 to HEAD\n")
    assert '    flip "add" → "none"\n' in said
    assert main(["diff", "HEAD", f"--catalog={catalog}", "--fail-on-harm"]) == 0
    assert "nothing that the gate holds changed from HEAD to the working tree" in (
        capsys.readouterr().out
    )
    assert main(["diff", "HEAD~1", f"--catalog={catalog}"]) == 0


def test_what_is_not_exported_is_compared_too(catalog: Path, capsys) -> None:
    (catalog.parent / ".gitattributes").write_text("quant/models export-ignore\n")
    commit(catalog, "hide")
    (catalog / "models" / f"{MODEL}.toml").rename(catalog / "models" / "gone.txt")
    (catalog / "models" / "other.toml").write_text(
        (catalog / "models" / "gone.txt").read_text().replace(f'id = "{MODEL}"', 'id = "other"')
    )
    assert main(["diff", "HEAD", f"--catalog={catalog}", "--fail-on-harm"]) == 1
    assert f"model {MODEL}\n    has no card any more" in capsys.readouterr().out


def test_a_link_in_a_revision_is_not_taken_for_nothing(catalog: Path, capsys) -> None:
    (catalog / "baselines").symlink_to(catalog.parent / "elsewhere")
    commit(catalog, "link")
    assert main(["diff", "HEAD", f"--catalog={catalog}"]) == 2
    assert "baselines is a link in" in capsys.readouterr().err


def test_a_catalog_that_was_not_there_is_all_new(catalog: Path, capsys) -> None:
    words = ["diff", "HEAD~2", f"--catalog={catalog}", "--format=json", "--fail-on-harm"]
    assert main(words) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["base"], found["head"]) == ("HEAD~2", "the working tree")
    assert not any(change["harmful"] for change in found["changes"])
    assert {change["what"] for change in found["changes"]} >= {"is gated now", "has a card now"}


@pytest.mark.parametrize("revision", ["nowhere", "--output=x", "HEAD~99"])
def test_what_is_no_revision_is_one_sentence(catalog: Path, capsys, revision: str) -> None:
    assert main(["diff", f"--catalog={catalog}", "--", revision]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"{revision}: is no revision of {catalog.parent}, and no report's")
    assert said.count("\n") == 1


def test_a_catalog_in_no_repository_is_one_sentence(tmp_path: Path, capsys, monkeypatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    copy_catalog(tmp_path, MODEL)
    assert main(["diff", "HEAD", f"--catalog={tmp_path}"]) == 2
    assert "is in no git repository" in capsys.readouterr().err


def test_where_a_hook_says_that_the_repository_is_makes_no_difference(
    catalog: Path, capsys, monkeypatch
) -> None:
    for pointed in (".git", str(catalog.parent / ".git")):
        monkeypatch.setenv("GIT_DIR", pointed)
        assert main(["diff", "HEAD~1", "HEAD", f"--catalog={catalog}", "--fail-on-harm"]) == 1
        assert "1 harmful" in capsys.readouterr().out


@pytest.mark.parametrize("head", [[], ["HEAD"]], ids=["working tree", "revision"])
def test_a_folder_that_never_held_a_catalog_is_no_green_one(
    catalog: Path, capsys, head: list[str]
) -> None:
    assert main(["diff", "HEAD~1", *head, f"--catalog={catalog.parent}", "--fail-on-harm"]) == 2
    assert "holds no catalog, neither in HEAD~1 nor in" in capsys.readouterr().err


def test_an_object_that_the_repository_lacks_is_one_sentence(catalog: Path, capsys) -> None:
    found = subprocess.run(
        ["git", "rev-parse", f"HEAD:quant/models/{MODEL}.toml"],
        cwd=catalog.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    digest = found.stdout.strip()
    (catalog.parent / ".git" / "objects" / digest[:2] / digest[2:]).unlink()
    assert main(["diff", "HEAD", f"--catalog={catalog}"]) == 2
    said = capsys.readouterr().err
    assert f"(models/{MODEL}.toml is missing, which is {digest})" in said
    assert said.count("\n") == 1


def test_what_is_damaged_in_a_revision_is_named_in_it(catalog: Path, capsys) -> None:
    damaged = catalog / "baselines" / "cpu" / MODEL / "fp32.json"
    damaged.parent.mkdir(parents=True)
    damaged.write_text("{")
    commit(catalog, "damage")
    shutil.rmtree(catalog / "baselines")
    assert main(["diff", "HEAD", f"--catalog={catalog}"]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"HEAD, {catalog}/baselines/cpu/{MODEL}/fp32.json: is not a readable")


def test_markdown_names_the_file(catalog: Path, capsys) -> None:
    assert main(["diff", "HEAD~1", "HEAD", f"--catalog={catalog}", "--format=markdown"]) == 0
    (row,) = (line for line in capsys.readouterr().out.splitlines() if '"add"' in line)
    assert [cell.strip() for cell in row.split("|")][1:4] == [
        *("identity", f"models/{MODEL}.toml", f"model {MODEL}"),
    ]


def test_a_report_is_compared_with_a_report_alone(catalog: Path, tmp_path: Path, capsys) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "report.json").write_text("{}")
    assert main(["diff", str(tmp_path / "run"), f"--catalog={catalog}"]) == 2
    assert "is a report's folder, which is compared with another one" in capsys.readouterr().err
    assert main(["diff", str(tmp_path / "run"), str(tmp_path / "run")]) == 2
    assert "is not a readable report of this version" in capsys.readouterr().err


def test_what_is_checked_out_is_a_commit_and_a_branch(
    catalog: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in _BRANCH_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    git(catalog, "switch", "-q", "-c", "mine")
    outside = tmp_path / "outside"
    outside.mkdir()
    head = head_of(outside, catalog)
    assert (len(head.commit), head.branch) == (40, "mine")
    assert head_of(outside) == Head()
    git(catalog, "switch", "-q", "--detach")
    assert head_of(catalog) == Head(head.commit, "")
    monkeypatch.setenv("CI_COMMIT_REF_NAME", "theirs")
    assert head_of(catalog) == Head(head.commit, "theirs")


def test_a_tree_that_leads_outside_is_refused(catalog: Path, capsys) -> None:
    root = catalog.parent
    blob = made(root, "blob", b"planted = 1\n")
    inner = made(root, "tree", b"100644 planted.toml\0" + bytes.fromhex(blob))
    up = made(root, "tree", b"40000 ..\0" + bytes.fromhex(inner))
    top = made(root, "tree", b"40000 quant\0" + bytes.fromhex(up))
    said = subprocess.run(
        ["git", "-c", "user.name=x", "-c", "user.email=x@y", "commit-tree", top, "-m", "evil"],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    )
    assert main(["diff", said.stdout.strip(), f"--catalog={catalog}"]) == 2
    assert "../planted.toml in" in capsys.readouterr().err
    assert not list(Path(tempfile.gettempdir()).glob("planted.toml"))


def made(root: Path, kind: str, content: bytes) -> str:
    """An object as git would not make it."""
    words = ["git", "hash-object", "-t", kind, "-w", "--literally", "--stdin"]
    found = subprocess.run(words, cwd=root, input=content, check=True, capture_output=True)
    return found.stdout.decode().strip()


def test_nothing_that_a_repository_names_is_run(catalog: Path, tmp_path: Path) -> None:
    root, ran = catalog.parent, tmp_path / "ran"
    hook = tmp_path / "hook.sh"
    hook.write_text(f"#!/bin/sh\ntouch {ran}\ncat\n")
    hook.chmod(0o755)
    (root / ".gitattributes").write_text("*.toml filter=evil diff=evil\n")
    for key in ("core.fsmonitor", "filter.evil.clean", "diff.evil.textconv", "diff.external"):
        git(root, "config", key, str(hook))
    card = catalog / "models" / f"{MODEL}.toml"
    card.write_bytes(card.read_bytes())
    head = head_of(catalog).commit
    assert is_as_at(head, catalog, root)
    assert main(["diff", "HEAD", f"--catalog={catalog}"]) == 0
    card.write_bytes(card.read_bytes() + b"\n")
    assert not is_as_at(head, catalog, root)
    card.write_bytes(card.read_bytes()[:-1])
    (catalog / "models" / "more.toml").write_text("")
    assert not is_as_at(head, catalog, root)
    assert not ran.exists()
