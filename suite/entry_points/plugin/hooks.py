"""The suite's pytest plugin: its options, its fixtures, and the run that it registers.

Nothing heavy is imported until a gate runs, so that collecting is quick.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from suite.entry_points.output import print_anything
from suite.entry_points.plugin.fixtures import NoBenchmark, gate, stopwatch, work, workbench
from suite.entry_points.plugin.items import (
    GateModule,
    is_collected,
    is_gate,
    is_gate_module,
    may_gate,
)
from suite.entry_points.plugin.options import add_options, folders_after_a_space
from suite.entry_points.plugin.run import GateRun
from suite.entry_points.plugin.run_progress import RunProgress

# What asks pytest-benchmark for a table, or for failures that it finds as it prints one.
_OF_BENCHMARKS = ("benchmark_verbose", "benchmark_compare", "benchmark_compare_fail")

_Groups = list[tuple[str | None, list[dict[str, Any]]]]

__all__ = ["gate", "stopwatch", "work", "workbench"]


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Add the suite's options, in a group of their own."""
    add_options(parser, pluginmanager.getplugin("pytestconfig"))


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Announce the marker of latency gates; refuse a run whose configuration pytest lost."""
    if may_gate(config) and not config.pluginmanager.hasplugin("syrupy"):
        raise pytest.UsageError(
            "the gates need syrupy's plugin: leave -p no:syrupy out, or name it with -p syrupy "
            "where PYTEST_DISABLE_PLUGIN_AUTOLOAD is set."
        )
    if may_gate(config):
        print_anything()
    parallel = config.getoption("dist", "no") != "no" or hasattr(config, "workerinput")
    if parallel and may_gate(config):
        # pytest-benchmark would say so in a warning of its own; the report says "deferred".
        config.option.benchmark_disable = True
    # By the name of its entry point, or by that of its module, as -p may have it.
    names = ("benchmark", "pytest_benchmark.plugin")
    if not any(map(config.pluginmanager.hasplugin, names)):
        config.pluginmanager.register(NoBenchmark())
    config.addinivalue_line("markers", "latency: gates that time; not run under xdist")
    # pytest looks for its configuration before it knows a plugin's options, and takes the DIR of
    # "--data-dir DIR" for a test folder: without an ini file it would collect everything here.
    given = folders_after_a_space(config)
    adrift = config.args_source is pytest.Config.ArgsSource.INVOCATION_DIR
    if given and adrift and config.inipath is None:
        raise pytest.UsageError(
            f"write {given[0]}=DIR with an equals sign: pytest takes a DIR after a space for its "
            "root folder."
        )
    GateRun.start(config)
    if may_gate(config) and not hasattr(config, "workerinput"):
        config.pluginmanager.register(RunProgress(config))


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    """Collect the gates where a repository's ``python_files`` leaves them out."""
    if not is_gate_module(file_path) or is_collected(file_path, parent.session):
        return None
    module: pytest.Module = GateModule.from_parent(parent, path=file_path)
    return module


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> Any:
    """Find the gates where a repository's ``python_functions`` leaves them out."""
    return GateModule.from_parent(parent, path=module_path) if is_gate_module(module_path) else None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, None, None]:
    """Begin an attempt of a gate: plugins that retry set it up anew."""
    if not is_gate(item):
        return (yield)
    from suite.entry_points.plugin.missing_records import missing_attached
    from suite.gates.conclusion import begin_attempt

    begin_attempt(item)
    with missing_attached(item):
        return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Give an attempt that ends without a record one, whoever runs it."""
    if not is_gate(item):
        return (yield)
    from suite.entry_points.plugin.missing_records import missing_attached

    with missing_attached(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Give every gate that ended without a record one, and the user's mistakes one sentence."""
    if is_gate(item) and call.excinfo is not None and call.when != "teardown":
        from suite.entry_points.plugin.missing_records import attach_missing

        attach_missing(item, call.excinfo)
    report = yield
    if is_gate(item) and report.when != "teardown":
        from suite.entry_points.plugin.summary import send_record, tell_failure

        if not report.passed:
            tell_failure(item, call, report)
        send_record(item, report)
    return report


@pytest.hookimpl(wrapper=True, optionalhook=True)
def pytest_benchmark_group_stats(
    config: pytest.Config,
) -> Generator[None, _Groups, _Groups]:
    """Keep the gates out of pytest-benchmark's table, unless it is asked for more than that.

    It would set FP32's time of one minute beside a mode's of another.
    """
    groups = yield
    if any(config.getoption(name, None) for name in _OF_BENCHMARKS):
        return groups
    others = [
        (name, [each for each in timed if each["extra_info"].get("gate") != "latency"])
        for name, timed in groups
    ]
    return [(name, timed) for name, timed in others if timed]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> Generator[None, int | None, int | None]:
    """Decide the exit status after every other plugin."""
    try:
        status = yield
        run = GateRun.known(config)
        return status if run is None or status is None else run.settled(status)
    except BaseException:
        if run := GateRun.known(config):
            run.settled(pytest.ExitCode.INTERNAL_ERROR)
        raise
    finally:
        if run := GateRun.known(config):
            run.close()
