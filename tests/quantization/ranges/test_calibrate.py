"""What calibration shows is shown once: kept whole, known by all that it depends on."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import quantizable
from onnx import helper

from suite.catalog.mode_card import RecipeSpec
from suite.models.onnx_file import load_whole, read_onnx_file
from suite.quantization.cache import ArtifactCache
from suite.quantization.ranges import calibrate
from suite.quantization.ranges.calibrate import Calibration
from suite.quantization.ranges.kept import Kept
from suite.quantization.ranges.observe import Batch
from suite.quantization.steps.net import Net

SHAPE = (1, 3, 16, 24)
NAMES = ["x", "r", "y"]
METHODS = ["MinMax", "TopK", "Percentile", "Entropy", "MSE"]


@pytest.fixture
def net(tmp_path: Path) -> Net:
    return Net.of(load_whole(quantizable.network(tmp_path / "m.onnx", "n")))


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passes over the images, in their order."""
    made: list[str] = []
    for name in ("observe", "histograms"):
        real = getattr(calibrate, name)

        def noted(*given, of=name, call=real):  # type: ignore[no-untyped-def]
            made.append(of)
            return call(*given)

        monkeypatch.setattr(calibrate, name, noted)
    return made


def calibration(folder: Path, images: str = "mine", seed: int = 0) -> Calibration:
    drawn = np.random.default_rng(seed).standard_normal((10, *SHAPE)).astype(np.float32)

    def faces(_: Net, most: int | None) -> Iterator[Batch]:
        return ({"x": image} for image in drawn[:most])

    return Calibration(faces, 10, folder, Kept(folder / "statistics", {"images": images}))


def ranges(by: Calibration, method: str, net: Net, names: list[str] = NAMES) -> dict[str, object]:
    return dict(by.ranges(method, net, net.shapes(SHAPE), names))


@pytest.mark.parametrize("method", METHODS)
def test_the_second_time_no_image_is_run_and_ranges_are_the_same(
    tmp_path: Path, net: Net, passes: list[str], method: str
) -> None:
    by = calibration(tmp_path)
    first = ranges(by, method, net)
    once = list(passes)
    counted = method in ("Percentile", "MSE")
    assert once == ["observe", *["histograms"] * counted]
    assert ranges(by, method, net) == first == ranges(replace(by, kept=None), method, net)
    assert passes == once * 2


def test_another_network_tensor_or_set_of_images_is_observed_anew(
    tmp_path: Path, net: Net, passes: list[str]
) -> None:
    by = calibration(tmp_path)
    mine = ranges(by, "MinMax", net)
    other = net.copy()
    other.weights["k"] = net.weights["k"] * 2
    assert ranges(by, "MinMax", other)["r"] != mine["r"]
    dilated = net.copy()
    dilated.nodes[0].attribute.extend([helper.make_attribute("auto_pad", "VALID")])
    ranges(by, "MinMax", dilated)
    ranges(by, "MinMax", net, ["r"])
    assert ranges(calibration(tmp_path, "others", seed=1), "MinMax", net)["x"] != mine["x"]
    assert len(passes) == 5
    assert ranges(by, "MinMax", net) == mine
    assert len(passes) == 5


@pytest.mark.parametrize("file", ["values.npz", "record.json"])
@pytest.mark.parametrize("damage", ["cut", "changed", "gone", "empty"])
def test_what_is_damaged_is_made_again(
    tmp_path: Path, net: Net, passes: list[str], file: str, damage: str
) -> None:
    by = calibration(tmp_path)
    first = ranges(by, "MinMax", net)
    (path,) = (tmp_path / "statistics").rglob(file)
    data = bytearray(path.read_bytes())
    if damage == "gone":
        path.unlink()
    else:
        data[len(data) // 2] ^= 1
        path.write_bytes({"cut": data[:-40], "changed": data, "empty": b""}[damage])
    if (file, damage) == ("record.json", "changed"):
        path.write_text(json.dumps({"sha256": "0" * 64}))
    assert ranges(by, "MinMax", net) == first
    assert passes == ["observe"] * 2
    assert ranges(by, "MinMax", net) == first
    assert passes == ["observe"] * 2
    left = sorted(p.name for p in (tmp_path / "statistics").rglob("*") if p.is_file())
    assert left == ["record.json", "values.npz"]


def test_pickled_values_are_not_read(tmp_path: Path, net: Net, passes: list[str]) -> None:
    by = calibration(tmp_path)
    first = ranges(by, "MinMax", net)
    (path,) = (tmp_path / "statistics").rglob("values.npz")
    np.savez(path, **{"0.low": np.array([{"an": "object"}], object)})
    record = path.with_name("record.json")
    record.write_text(json.dumps({"sha256": hashlib.sha256(path.read_bytes()).hexdigest()}))
    assert ranges(by, "MinMax", net) == first
    assert passes == ["observe"] * 2


def test_where_nothing_can_be_kept_ranges_are_made_all_the_same(tmp_path: Path, net: Net) -> None:
    by = calibration(tmp_path)
    (tmp_path / "statistics").write_text("a file")
    assert set(ranges(by, "MinMax", net)) == set(NAMES)


def test_modes_of_one_network_share_what_was_shown(tmp_path: Path, passes: list[str]) -> None:
    path = quantizable.network(tmp_path / "m.onnx", "n")
    cache = ArtifactCache(tmp_path / "cache", print)
    for method in ("TopK", "MinMax", "MSE"):
        recipe = RecipeSpec(method="steps", steps=("quantize",), calibration_method=method)
        cache.get(read_onnx_file(path), quantizable.ingredients(path, recipe))
    assert passes == ["observe", "histograms"]
    kept = {p.name for p in (tmp_path / "cache" / "statistics").rglob("*") if p.is_file()}
    assert kept == {"values.npz", "record.json"}
