"""Every hashed table says of each of its keys whether and how it is hashed."""

import pytest

from suite.catalog.alignment import LandmarkAlign, MarginAlign, YunetAlign
from suite.catalog.mode_card import RecipeSpec
from suite.catalog.preprocess import PreprocessSpec
from suite.catalog.table import HashedTable

TABLES = (RecipeSpec, PreprocessSpec, LandmarkAlign, YunetAlign, MarginAlign)


@pytest.mark.parametrize("table", TABLES)
def test_a_later_key_has_a_default(table: type[HashedTable]) -> None:
    fields = table.model_fields
    assert fields.keys() >= table.FORMAT_1 | table.NOT_HASHED
    assert not table.FORMAT_1 & table.NOT_HASHED
    later = fields.keys() - table.FORMAT_1 - table.NOT_HASHED
    assert [key for key in later if fields[key].is_required()] == []
