"""An accuracy beside the published one."""

from suite.catalog.folder import read_catalog
from suite.catalog.published import is_below, is_far_below


def test_harder_sets_and_small_losses_raise_no_doubt() -> None:
    model = read_catalog().models["adaface-ir50-casia"]  # published: 0.9942
    assert not is_far_below(model, "agedb-30", 0.9438)
    assert not is_far_below(model, "lfw", 0.98)
    assert is_far_below(model, "lfw-raw", 0.97)
    assert not is_far_below(model, "our-own", 0.95)
    assert is_far_below(model, "our-own", 0.94)


def test_a_point_below_on_the_published_set_is_worth_a_look() -> None:
    model = read_catalog().models["adaface-ir50-casia"]  # published: 0.9942
    assert is_below(model, "lfw", 0.983)
    assert not is_below(model, "lfw", 0.986)
    assert not is_below(model, "our-own", 0.96)
    assert not is_below(model.model_copy(update={"untrained": True}), "lfw", 0.5)
