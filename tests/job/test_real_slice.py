"""600 pairs of LFW × FaceNet and MobileFaceNet, where they are at hand: no toy, no drawn face."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from team import ENVIRONMENT, ROOT

REAL = ROOT.parent / "shared" / "real"
ABSENT = "../shared/real has no LFW: real networks on real faces are not gated here"

pytestmark = pytest.mark.skipif(not (REAL / "lfw" / "lfw-view2.tar").exists(), reason=ABSENT)


def test_facenet_and_mobilefacenet_are_as_accepted_on_600_pairs_of_lfw(
    tmp_path: Path, cache: Path
) -> None:
    options = ("-q", "-p", "no:cacheprovider", "-m", "not latency", f"--artifact-cache={cache}")
    result = subprocess.run(
        [
            *(sys.executable, ROOT / "docs" / "examples" / "lfw" / "run.py", REAL, tmp_path),
            *("--slice", "--", *options, "--modes=fp32,int8_static_tuned"),
        ],
        env=os.environ | ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    records = json.loads((tmp_path / "report" / "report.json").read_text())["records"]
    assert not [r["node"] for r in records if r["outcome"] not in ("pass", "not compared")]
    passed = {
        (r["gate"], r["model"], r["mode"], row["metric"], row["against"])
        for r in records
        for row in r["rows"]
        if row["outcome"] == "pass"
    }
    for model in ("facenet", "mobilefacenet"):
        for gate, mode, metric in (
            ("fingerprint", "fp32", "raw_embedding"),
            ("verification", "fp32", "all_pairs_tar_at_far_1e-3"),
            ("verification", "int8_static_tuned", "all_pairs_tar_at_far_1e-3"),
            ("fidelity", "int8_static_tuned", "cosine_mean"),
        ):
            assert (gate, model, mode, metric, "baseline") in passed
    text = (tmp_path / "report" / "report.html").read_text()
    assert "_0001.jpg" not in text and "data:image/jpeg" not in text
