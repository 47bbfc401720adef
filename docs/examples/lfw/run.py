"""Unpacks LFW and runs the gates of this catalog on it.

    python docs/examples/lfw/run.py REAL WORK [--slice] [-- options of pytest]

REAL is the folder with the networks and LFW's archives, as README.md lists it; nothing is written
there. WORK gets the images and the report (WORK/report), some 300 MB. With --slice it is 600 pairs,
the first 30 + 30 of each fold, in the catalog ../lfw-slice.
"""

import argparse
import hashlib
import subprocess
import sys
import tarfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
# SHA-256 of what is unpacked or read as it is; the networks' are in their cards.
HASHES = {
    "lfw/lfw-view2.tar": "83d9e18b5d6aa5c6ccd34a761179b1fb4cb53795c8627e79a8d07176ebc5619a",
    "lfw/lfw-calibration.tar": "f9edaa51b83f91ad6f32f8bb000bb79b45f859e25896de72331c2e494be0183b",
    "lfw/pairs.txt": "ea42330c62c92989f9d7c03237ed5d591365e89b3e649747777b70e692dc1592",
}
READ_THERE = ("facenet", "mobilefacenet", "mobilefacenet192", "yunet")


CALIBRATED_ON = 24  # of the slice
OF_A_FOLD = 30


def main() -> int:
    """Unpack what is not there yet, then run the gates."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("real", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--slice", action="store_true", help="600 pairs instead of 6,000")
    words = sys.argv[1:]
    end = words.index("--") if "--" in words else len(words)
    given = parser.parse_args(words[:end])
    real, work = given.real.resolve(), given.work.resolve()
    unpack(real, work, in_slice=given.slice)
    catalog = HERE.with_name("lfw-slice") if given.slice else HERE
    command = [sys.executable, "-m", "pytest", "--pyargs", "suite.gates", f"--catalog={catalog}"]
    command += [f"--data-dir={work}", f"--report-dir={work / 'report'}", *words[end + 1 :]]
    return subprocess.run(command, cwd=work, check=False).returncode


def unpack(real: Path, work: Path, *, in_slice: bool) -> None:
    """Images and pairs into a folder, and links to what is read where it lies."""
    done = work / ("unpacked-slice" if in_slice else "unpacked")
    if done.exists():
        return
    for name, digest in HASHES.items():
        file = real / name
        if not file.is_file():
            sys.exit(f"{file}: is not there; README.md says where it is from.")
        if hashlib.sha256(file.read_bytes()).hexdigest() != digest:
            sys.exit(f"{file}: has another SHA-256 than {digest}; fetch it again.")
    work.mkdir(parents=True, exist_ok=True)
    pairs = (real / "lfw/pairs.txt").read_text()
    wanted = None
    if in_slice:
        pairs = first_of_each_fold(pairs)
        wanted = images_of(pairs)
    (work / ("pairs-600.txt" if in_slice else "pairs.txt")).write_text(pairs)
    extract(real / "lfw/lfw-view2.tar", work, wanted)
    extract(real / "lfw/lfw-calibration.tar", work, None, CALIBRATED_ON if in_slice else None)
    for name in READ_THERE:
        if not (work / name).exists():
            (work / name).symlink_to(real / name, target_is_directory=True)
    done.touch()


def extract(archive: Path, work: Path, wanted: set[str] | None, count: int | None = None) -> None:
    """The wanted images of an archive, the first ones of them by name."""
    with tarfile.open(archive) as opened:
        members = sorted((m for m in opened.getmembers() if m.isfile()), key=lambda m: m.name)
        chosen = [m for m in members if wanted is None or m.name in wanted]
        opened.extractall(work, members=chosen[:count], filter="data")


def first_of_each_fold(pairs: str) -> str:
    """LFW's list with the first genuine and impostor pairs of each of its folds alone."""
    header, *lines = pairs.splitlines()
    folds, size = map(int, header.split())
    kept = [f"{folds}\t{OF_A_FOLD}"]
    for start in range(0, 2 * folds * size, size):
        kept += lines[start : start + OF_A_FOLD]
    return "\n".join(kept) + "\n"


def images_of(pairs: str) -> set[str]:
    """The archive's members that a list names."""
    found = set()
    for line in pairs.splitlines()[1:]:
        words = line.split()
        if len(words) == 3:
            words = [words[0], words[1], words[0], words[2]]
        for person, number in (words[:2], words[2:]):
            found.add(f"lfw/{person}/{person}_{int(number):04d}.jpg")
    return found


if __name__ == "__main__":
    sys.exit(main())
