"""The flat file of figures."""

import json
import re
import subprocess
from pathlib import Path

from records import ENVIRONMENT
from reports import FP32, INT8

from suite.report.metrics import to_metrics
from suite.report.verdict import make_report

DOCS = Path(__file__).parents[2] / "docs" / "ci.md"


def document(*records) -> dict[str, float]:
    report = make_report(ENVIRONMENT, records, complete=True, require_all=False)
    return json.loads(to_metrics(report))


def test_each_figure_has_a_key_of_its_case() -> None:
    found = document(*FP32, *INT8)
    assert found["m.int8.lfw.tar_at_far_1e-3"] == 0.99
    assert found["m.int8.lfw.cosine_1st_percentile"] == 0.985
    assert found["m.int8.size_bytes"] == 2**20
    assert found["m.int8.batch1.speedup"] == 1.9
    assert found["m.fp32.nodes_elsewhere"] == 1


def test_gates_are_counted_without_a_point_in_the_key() -> None:
    found = document(*FP32, *INT8)
    assert (found["gates"], found["gates_pass"], found["gates_fail"]) == (7, 5, 1)
    assert (found["gates_undecided"], found["gates_not_compared"]) == (1, 0)


def test_it_is_flat_sorted_and_numbers_alone() -> None:
    found = document(*FP32, *INT8)
    assert list(found) == sorted(found)
    assert all(isinstance(value, int | float) for value in found.values())
    assert document(*INT8, *FP32) == found


def test_the_docs_write_what_gitlab_reads(tmp_path: Path) -> None:
    folder = tmp_path / "face-quant-report"
    folder.mkdir()
    report = make_report(ENVIRONMENT, [*FP32, *INT8], complete=True, require_all=False)
    (folder / "metrics.json").write_text(to_metrics(report))
    (command,) = re.findall(r"```sh\n(python3 -c .*?)```", DOCS.read_text(), re.DOTALL)
    subprocess.run(["sh", "-c", command], cwd=tmp_path, check=True)
    lines = (tmp_path / "metrics.txt").read_text().splitlines()
    assert lines[0] == "# TYPE face_quant gauge"
    assert lines[-1] == "# EOF"
    assert 'face_quant{figure="m.int8.lfw.tar_at_far_1e-3"} 0.99' in lines
    sample = re.compile(r'face_quant\{figure="[^"\\\n]+"\} -?[0-9.e+-]+')
    assert all(sample.fullmatch(line) for line in lines[1:-1])
