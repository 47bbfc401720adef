"""Every mutation, by the modules that hold them."""

from tests.mutations import (
    alignment,
    calibration,
    coverage,
    data,
    files,
    graph,
    integers,
    outputs,
    preprocessing,
    quantized,
    recipes,
    runtime,
    weights,
)
from tests.mutations.mutation import CATALOGUE, Mutation

MODULES = (
    preprocessing,
    alignment,
    weights,
    graph,
    calibration,
    recipes,
    quantized,
    integers,
    outputs,
    runtime,
    data,
    files,
    coverage,
)


def catalogue() -> tuple[Mutation, ...]:
    """The mutations, module by module, each in the order in which it is written."""
    names = [module.__name__.rpartition(".")[2] for module in MODULES]
    return tuple(sorted(CATALOGUE, key=lambda each: names.index(each.module)))
