"""Hand-made costs of layers, for tests of what shows them."""

from pathlib import Path

from suite.report.layers import FOLDER, LayerCost, Layers, file_name


def layer(name: str, **rest: object) -> LayerCost:
    return LayerCost.model_validate(
        {
            "name": name,
            "share": 0.1,
            "sqnr_db": 30.0,
            "alone": 1e-4,
            "alone_as_run": 1e-4,
            "in_float": 9e-4,
            "gain_error": 1e-6,
            "integer_ms": 0.2,
            "float_ms": 0.5,
            **rest,
        }
    )


def layers(*found: LayerCost, model: str = "m", mode: str = "int8", **rest: object) -> Layers:
    return Layers.model_validate(
        {
            "model": model,
            "mode": mode,
            "provider": "cpu",
            "profile": "cpu-avx2",
            "cpu": "Some CPU",
            "onnxruntime": "1.32.0",
            "artifact_sha256": "a" * 64,
            "calibrated_on": 48,
            "weighed_on": 32,
            "loss": 1e-3,
            "layers": found or (layer("conv1"), layer("conv2")),
            **rest,
        }
    )


def write_layers(report: Path, *found: Layers) -> None:
    (report / FOLDER).mkdir(parents=True, exist_ok=True)
    for each in found:
        file = report / FOLDER / file_name(each.model, each.mode)
        file.write_text(each.model_dump_json(), encoding="utf-8")
