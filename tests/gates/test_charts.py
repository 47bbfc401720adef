import pytest

from suite.catalog.preprocess import PreprocessSpec
from suite.gates.charts import charts, charts_for, explain_tensor, tensor_samples

SPEC = PreprocessSpec(
    height=112,
    width=96,
    color_order="RGB",
    scale=1.0,
    mean=(0.485, 0.456, 0.406),
    std=(0.229, 0.224, 0.225),
)


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"color_order": "BGR"}, "colour order: the accepted pipeline feeds RGB"),
        ({"mean": (0.0, 0.0, 0.0)}, "mean: accepted [0.485, 0.456, 0.406] on 0…1"),
        ({"std": (0.5, 0.5, 0.5)}, "std: accepted [0.229, 0.224, 0.225]"),
        ({"std": (0.23, 0.224, 0.225)}, "std: accepted [0.229, 0.224, 0.225]"),
        ({"mean": (0.487, 0.456, 0.406)}, "mean: accepted [0.485, 0.456, 0.406] on 0…1"),
        ({"scale": 255.0}, "range: inputs are now 255 × as large as accepted"),
    ],
)
def test_what_differs_from_the_accepted_pipeline_is_named(change: dict, cause: str) -> None:
    faces = charts(SPEC.height, SPEC.width)
    accepted = tensor_samples(faces, SPEC)
    causes = explain_tensor(accepted, faces, SPEC.model_copy(update=change))
    assert causes
    assert causes[0].startswith(cause)


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_the_same_pipeline_needs_no_explanation(layout: str) -> None:
    faces = charts(SPEC.height, SPEC.width)
    spec = SPEC.model_copy(update={"layout": layout})
    assert tensor_samples(faces, spec) == tensor_samples(faces, SPEC)
    assert explain_tensor(tensor_samples(faces, SPEC), faces, spec) == []


PLAIN = SPEC.model_copy(update={"scale": 255.0, "mean": (0.0,) * 3, "std": (1.0,) * 3})
WHITE = PLAIN.model_copy(update={"prewhiten": True})


def test_prewhitening_that_came_or_went_is_named() -> None:
    faces = charts_for(SPEC)
    (cause,) = explain_tensor(tensor_samples(faces, SPEC), faces, WHITE)
    assert cause.startswith("prewhiten: accepted with one mean and std for all images")
    (cause,) = explain_tensor(tensor_samples(faces, WHITE), faces, PLAIN)
    assert cause.startswith("prewhiten: accepted with each image's own mean and std")


def test_a_crop_shows_in_the_charts_and_colours_are_told_of_it() -> None:
    spec = SPEC.model_copy(update={"fit": "crop"})
    faces = charts_for(spec)
    assert tensor_samples(faces, spec) != tensor_samples(charts_for(SPEC), SPEC)
    assert explain_tensor(tensor_samples(faces, spec), faces, spec) == []
    other = spec.model_copy(update={"color_order": "BGR"})
    (cause, *_) = explain_tensor(tensor_samples(faces, spec), faces, other)
    assert cause.startswith("colour order: the accepted pipeline feeds RGB")


def test_a_pipeline_that_no_card_gives_is_said_to_be_so() -> None:
    faces = charts(SPEC.height, SPEC.width)
    squared = tuple(value**2 for value in tensor_samples(faces, SPEC))
    (cause,) = explain_tensor(squared, faces, SPEC)
    assert "no colour order, mean and std explain" in cause


@pytest.mark.parametrize("key", ["mean", "std"])
def test_half_a_grey_level_is_named(key: str) -> None:
    accepted_spec = SPEC.model_copy(
        update={"scale": 255.0, "mean": (127.5,) * 3, "std": (127.5,) * 3}
    )
    faces = charts(SPEC.height, SPEC.width)
    accepted = tensor_samples(faces, accepted_spec)
    (cause,) = explain_tensor(accepted, faces, accepted_spec.model_copy(update={key: (128.0,) * 3}))
    assert cause.startswith(f"{key}: accepted [127.5, 127.5, 127.5]")
    assert cause.endswith("now says [128, 128, 128]")
