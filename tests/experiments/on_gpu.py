"""All that is to be measured on a GPU, in one go: the job by each provider, then a real slice.

``python tests/experiments/on_gpu.py OUT [--real REAL] [--providers cuda,tensorrt] [--minutes 20]``
runs the embedded default by each provider, beside it on the CPU, with every mode that applies, then
FaceNet and MobileFaceNet on 600 pairs of LFW where REAL is given, and merges the reports into
OUT/merged, which has the providers side by side. What the minutes do not suffice for is cut off,
and its report says that it is not complete. ``--providers cpu`` tries the script without a GPU.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
SLICE = ROOT / "docs/examples/lfw/run.py"
FURTHER = "fp16,int8_static_qoperator,int8_static_s8s8,int8_dynamic_matmul"
# Of the minutes, what merging and a last report need.
KEPT_S = 20


@dataclass(frozen=True)
class Step:
    """A run of the gates, and its report."""

    name: str
    command: Sequence[str]
    report: Path


def main() -> int:
    """Run what there is time for, and merge; 0 where every step ended and passed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--real", type=Path, help="the folder of docs/examples/lfw/README.md")
    parser.add_argument("--providers", default="cuda,tensorrt")
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("rest", nargs="*", help="after --: options of pytest for every run")
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + 60 * chosen.minutes - KEPT_S
    done: list[tuple[Step, str, float]] = []
    for step in steps(chosen):
        started = time.monotonic()
        status = run(step, until - started)
        done.append((step, status, time.monotonic() - started))
        print(f"{step.name}: {status}, {done[-1][2]:.0f} s", flush=True)
    reports = [step.report for step, _, _ in done if (step.report / "report.json").is_file()]
    if len(reports) > 1:
        words = ["merge", *map(str, reports), f"--report-dir={chosen.out / 'merged'}"]
        subprocess.run([sys.executable, "-m", "suite.entry_points.commands.main", *words])
    ran = [{"step": step.name, "status": status, "seconds": s} for step, status, s in done]
    (chosen.out / "steps.json").write_text(json.dumps(ran, indent=2) + "\n")
    return 0 if all(status == "passed" for _, status, _ in done) else 1


def steps(chosen: argparse.Namespace) -> list[Step]:
    """What is run, the most telling first."""
    providers = chosen.providers.split(",")
    found = []
    for provider in [*providers, *(["cpu"] if "cpu" not in providers else [])]:
        report = chosen.out / f"embedded-{provider}"
        gates = [sys.executable, "-m", "pytest", "--pyargs", "suite.gates"]
        words = [*gates, f"--provider={provider}", f"--report-dir={report}", *chosen.rest]
        found.append(Step(f"embedded families by {provider}", words, report))
    for provider in providers if chosen.real else ():
        work = chosen.out / "lfw"
        report = chosen.out / f"slice-{provider}"
        words = [sys.executable, str(SLICE), str(chosen.real), str(work), "--slice", "--"]
        words += [f"--provider={provider}", f"--report-dir={report}", *chosen.rest]
        found.append(Step(f"LFW slice by {provider}", words, report))
    for provider in providers:
        report = chosen.out / f"further-{provider}"
        gates = [sys.executable, "-m", "pytest", "--pyargs", "suite.gates", f"--modes={FURTHER}"]
        words = [*gates, f"--provider={provider}", f"--report-dir={report}", *chosen.rest]
        found.append(Step(f"further modes by {provider}", words, report))
    return found


def run(step: Step, seconds: float) -> str:
    """How a step ended; what it said is beside its report."""
    if seconds <= 0:
        return "no time left"
    step.report.mkdir(parents=True, exist_ok=True)
    with (step.report.with_suffix(".log")).open("w") as said:
        try:
            ended = subprocess.run(
                step.command, cwd=ROOT, stdout=said, stderr=subprocess.STDOUT, timeout=seconds
            )
        except subprocess.TimeoutExpired:
            return "cut off"
    return "passed" if ended.returncode == 0 else f"exit status {ended.returncode}"


if __name__ == "__main__":
    raise SystemExit(main())
