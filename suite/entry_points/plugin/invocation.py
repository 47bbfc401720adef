"""How a run was started, and the command that runs one of its gates alone."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

from suite.catalog.case import Case
from suite.catalog.errors import spelt_out
from suite.catalog.selection import Options
from suite.entry_points.plugin.options import OPTIONS, TAKEN, Effect, read_options
from suite.entry_points.pytest_command import JOB_PLUGIN, job_words


@dataclass(frozen=True)
class Invocation:
    """A run's command.

    Attributes
    ----------
    program : the words that start pytest
    gates : the words that name the gates, where pytest's configuration does not
    given : the words that were given after the program
    options : the suite's options among them
    taken : the options whose short name is not this suite's here, by their field
    """

    program: tuple[str, ...]
    gates: tuple[str, ...]
    given: tuple[str, ...]
    options: Options
    taken: frozenset[str]

    @property
    def command(self) -> str:
        """The command that started this run."""
        return spelt_out(shlex.join([*self.program, *self.given]))

    def rerun(self, case: Case, dataset: str | None, test: str) -> str:
        """The command that runs one gate alone, given its test's name."""
        own = replace(
            self.options,
            models=(case.model.id,),
            modes=(case.mode.id,),
            datasets=(dataset,) if dataset else (),
            report_dir=self.options.report_dir / "again",
        )
        words = [*self.program, *self.gates, *self._words(own), "-k", test]
        return spelt_out(shlex.join(words))

    def _words(self, options: Options) -> Sequence[str]:
        """The options that a rerun has, its own case's last."""
        table = sorted(
            (option for option in OPTIONS if option.effect is not Effect.RUN),
            key=lambda option: option.effect is Effect.CASES,
        )
        words = (
            option.words(
                getattr(options, option.field),
                option.long if option.field in self.taken else option.short,
            )
            for option in table
        )
        return [each for each in words if each]


def invocation_of(config: pytest.Config) -> Invocation:
    """How this run was started."""
    words = tuple(map(str, config.invocation_params.args))
    options, taken = read_options(config), config.stash[TAKEN]
    if config.pluginmanager.hasplugin(JOB_PLUGIN):
        given = words[len(job_words()) :]
        return Invocation(("face-quant-gate", "run"), (), given, options, taken)
    gates = ("--pyargs", "suite.gates") if config.option.pyargs else ()
    return Invocation(("pytest",), gates, words, options, taken)
