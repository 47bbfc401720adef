"""Statistics kept on disk, and taken only for what they are of."""

import shutil
from pathlib import Path

import numpy as np

from suite.quantization.ranges.kept import Kept


def test_the_folder_of_other_statistics_is_not_taken_for_them(tmp_path: Path) -> None:
    kept = Kept(tmp_path, {"set": "a"})
    made: list[str] = []

    def get(of: str) -> float:
        def make() -> dict[str, np.ndarray]:
            made.append(of)
            return {"values": np.float32([len(of)])}

        return float(kept.get({"of": of}, make)["values"][0])

    def entries() -> set[Path]:
        return {path.parent for path in tmp_path.rglob("record.json")}

    assert get("one") == 3
    (first,) = entries()
    assert get("three") == 5
    (second,) = entries() - {first}
    shutil.rmtree(first)
    shutil.copytree(second, first)
    assert [get("one"), get("three"), get("one")] == [3, 5, 3]
    assert made == ["one", "three", "one"]
