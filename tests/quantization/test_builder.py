"""Building: a reason that spans lines is kept whole."""

import logging
from pathlib import Path

import pytest
from quantizable import network

from suite.catalog.errors import ArtifactError
from suite.catalog.mode_card import RecipeSpec
from suite.catalog.model_card import OutputSpec
from suite.catalog.preprocess import PreprocessSpec
from suite.quantization import builder, preparation
from suite.quantization.artifact import Ingredients

SPEC = PreprocessSpec(
    height=8, width=8, color_order="RGB", scale=255.0, mean=(0.0,) * 3, std=(1.0,) * 3
)


def test_the_optimisers_whole_reason_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def logged(*_: object, **__: object) -> None:
        record = logging.getLogger("onnxruntime.quantization.shape_inference")
        said = "Traceback (most recent call last):\n" + "".join(
            f'  File "x.py", line {n}, in f\n    f()\n    ^^^\n' for n in range(2)
        )
        record.error(said + "ValueError: node 'a' is refused:\nits opset is 3\n")

    monkeypatch.setattr(preparation, "quant_pre_process", logged)
    recipe = RecipeSpec(method="dynamic")
    made = Ingredients("0" * 64, recipe, SPEC, OutputSpec(embedding_dim=5), None)
    with pytest.raises(ArtifactError) as caught:
        builder.build(network(tmp_path / "m.onnx", 1), tmp_path / "q.onnx", made)
    assert str(caught.value).endswith("ValueError: node 'a' is refused: its opset is 3.")
