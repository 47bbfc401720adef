"""Fields of lists that no path, name or number is as long as."""

from collections.abc import Callable
from pathlib import Path

import pytest

from suite.catalog.errors import DatasetError
from suite.datasets.alignment.landmarks import read_landmarks
from suite.datasets.kinds.bin import read_bin, read_identities
from suite.datasets.kinds.csv import read_pairs_csv
from suite.datasets.kinds.lfw import read_lfw_pairs

POINTS = "38,52,74,52,56,72,42,92,71,92"


def identities(path: Path) -> object:
    return read_identities(path, Path("faces.bin"), 1)


@pytest.mark.parametrize("odd", ["x" * 5000, "9" * 5000, "\x1b[2J" * 500, "\0" * 5000, "é" * 2000])
@pytest.mark.parametrize(
    ("read", "text", "line"),
    [
        (read_pairs_csv, "left,right,same\nODD,b.jpg,1\n", 2),
        (read_pairs_csv, "left,right,same\na.jpg,b.jpg,ODD\n", 2),
        (read_pairs_csv, "left,right,ODD\n", 1),
        (read_lfw_pairs, "1 1\nann 1 2\nODD 1 bob 2\n", 3),
        (read_lfw_pairs, "1 1\nann 1 ODD\nann 1 bob 2\n", 2),
        (read_landmarks, f"ODD,{POINTS}\n", 1),
        (read_landmarks, f"a.jpg,ODD,{POINTS[3:]}\n", 1),
        (identities, "ODD\n", 1),
    ],
)
def test_a_long_field_is_refused_by_line(read: Callable[[Path], object], text, line, odd, tmp_path):
    path = tmp_path / "list.txt"
    path.write_text(text.replace("ODD", odd))
    with pytest.raises(DatasetError) as caught:
        read(path)
    said = str(caught.value)
    assert said.startswith(
        f"{path}: line {line} has a field of {len(odd):,} characters that begins"
    )
    assert said.isprintable()
    assert len(said) < 500
    assert said.endswith(".")


@pytest.mark.parametrize("odd", ["\0", "ann\0", "a\x1b[2J", "\x1fb", "\x7f", "\x08"])
@pytest.mark.parametrize(
    ("read", "text", "line"),
    [
        (read_pairs_csv, "left,right,same\nODD,b.jpg,1\n", 2),
        (read_pairs_csv, "left,right,same,fold\na.jpg,b.jpg,1,1ODD\n", 2),
        (read_lfw_pairs, "1 1\nann\t1\t2\nODD\t1\tbob\t2\n", 3),
        (read_landmarks, f"ODD,{POINTS}\n", 1),
        (identities, "ODD\n", 1),
    ],
)
def test_control_characters_are_refused_by_line(read, text, line, odd, tmp_path):
    path = tmp_path / "list.txt"
    path.write_text(text.replace("ODD", f"x{odd}x"))
    with pytest.raises(DatasetError) as caught:
        read(path)
    said = str(caught.value)
    assert said.startswith(f"{path}: line {line} has a field with control characters that begins w")
    assert said.isprintable()


def test_of_thousands_of_columns_the_first_are_named(tmp_path):
    path = tmp_path / "pairs.csv"
    path.write_text(",".join(f"column{number}" for number in range(5000)))
    with pytest.raises(DatasetError) as caught:
        read_pairs_csv(path)
    assert "'column19', …; write 'left,right,same' there" in str(caught.value)
    assert len(str(caught.value)) < 1000


def test_a_bins_long_name_of_a_function_is_cut(tmp_path):
    path = tmp_path / "faces.bin"
    path.write_bytes(b"c" + b"m" * 5000 + b"\nsystem\n.")
    with pytest.raises(DatasetError) as caught:
        read_bin(path)
    assert f"would call {'m' * 100} when unpickled" in str(caught.value)
