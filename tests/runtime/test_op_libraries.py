"""A library of ops: named once, known to every session and to the processes that are asked."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from made_net import SIDE, Net

from suite.catalog.errors import ProviderError, SuiteError
from suite.catalog.folder import read_catalog
from suite.runtime.footprint import footprint
from suite.runtime.op_libraries import name_op_library
from suite.runtime.sessions import load

CPU = read_catalog().providers["cpu"]
# What onnxruntime calls once a session; it adds no op and writes down that it was asked.
SOURCE = """
#include <stdio.h>
void *RegisterCustomOps(void *options, const void *api) {
    FILE *said = fopen("%s", "a");
    fputs("asked\\n", said);
    fclose(said);
    return 0;
}
"""


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    yield
    name_op_library(None)


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
def test_sessions_and_processes_know_its_ops(tmp_path: Path) -> None:
    said, library = tmp_path / "said.txt", tmp_path / "ops.so"
    (tmp_path / "ops.c").write_text(SOURCE % said)
    made = ["cc", "-shared", "-fPIC", "-o", str(library), str(tmp_path / "ops.c")]
    subprocess.run(made, check=True)
    Net().save(tmp_path / "m.onnx")
    name_op_library(library)
    load(tmp_path / "m.onnx", CPU, threads=1)
    assert said.read_text() == "asked\n" * 2, "as it was named, and by the session"
    footprint(tmp_path / "m.onnx", CPU, None, (1, 3, SIDE, SIDE))
    assert said.read_text() == "asked\n" * 4


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SuiteError, match="is a pipe or a device, and no file"):
        name_op_library(tmp_path / "pipe")


def test_what_is_no_library_is_named(tmp_path: Path) -> None:
    path = tmp_path / "ops.so"
    path.write_text("no library")
    for named in (path, tmp_path / "absent.so"):
        with pytest.raises(ProviderError) as caught:
            name_op_library(named)
        assert str(caught.value).startswith(f"--op-library={named}: is no library of ops")
        assert "\n" not in str(caught.value)
