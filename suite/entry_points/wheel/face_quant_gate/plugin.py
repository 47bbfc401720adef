"""The pytest plugin that the wheel installs: it loads the suite's when gates are asked for.

Every pytest run of an environment imports this module, so that it must cost nothing.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from itertools import pairwise

import pytest

from .arguments import name_gates, reach_gates
from .location import import_own_suite, other_suite

PLUGIN = "suite.entry_points.plugin.hooks"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> Generator[None, object, object]:
    """Load the suite's plugin after all others: what options they have is known only then."""
    result = yield
    if not early_config.pluginmanager.hasplugin(PLUGIN):
        _load(early_config, parser, args)
    return result


def _load(config: pytest.Config, parser: pytest.Parser, args: Sequence[str]) -> None:
    known, unknown = parser.parse_known_and_unknown_args(args)
    # A worker of xdist has the options of its controller, and not always its arguments.
    is_asked = (
        hasattr(config.option, "fqg_models")
        or __name__ in known.plugins
        or any(word.startswith("--fqg-") for word in args)
    )
    pyargs = known.pyargs or getattr(config.option, "pyargs", False)
    folder = config.invocation_params.dir
    given: list[str] = list(known.file_or_dir)
    # What follows an option that nobody knows yet may be its value, and then is no path.
    loose = {after for before, after in pairwise(args) if before in unknown}
    paths = given if any(each not in loose for each in given) else [*given, *_defaults(config)]
    is_named = name_gates(given, folder, pyargs=pyargs)
    if not (is_asked or known.help or reach_gates(paths, folder, pyargs=pyargs)):
        return
    other = other_suite()
    if other is None:
        import_own_suite()
        config.pluginmanager.import_plugin(PLUGIN)
    elif (is_asked or is_named) and not (other / "gates").exists():
        raise pytest.UsageError(
            f"suite.gates: the package 'suite' is {other} here, not that of face-quant-gate; "
            "start the gates with face-quant-gate run."
        )


def _defaults(config: pytest.Config) -> list[str]:
    """The paths that pytest takes where none is given."""
    folder = config.invocation_params.dir
    if folder != config.rootpath:
        return [str(folder)]
    named: list[str] = config.getini("testpaths")
    return [str(path) for name in named for path in folder.glob(name)] or named or [str(folder)]
