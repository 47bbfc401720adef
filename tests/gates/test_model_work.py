"""What the modes of one model share."""

from contextlib import nullcontext
from pathlib import Path

import pytest
from team import MODEL

from suite.catalog.errors import DatasetError
from suite.catalog.folder import read_catalog
from suite.gates.progress import Progress
from suite.gates.workbench import Workbench
from suite.runtime.profile import cpu_profile


@pytest.mark.parametrize("named", ["embedded-evaluation", "embedded-calibration"])
def test_layers_are_weighed_on_no_set_that_has_another_role(named: str, tmp_path: Path) -> None:
    read = read_catalog()
    cpu = read.providers["cpu"]
    bench = Workbench(read, cpu, 1, cpu_profile(), tmp_path, Progress(nullcontext))
    card = read.models[MODEL].model_copy(update={"selection": named})
    work = bench.case(card, read.modes["int8_mixed"])
    with pytest.raises(DatasetError, match=f"images of selection set '{named}' are also in"):
        _ = work.ingredients
