"""The console command ``face-quant-gate``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType

from suite.catalog.errors import SuiteError, refused
from suite.entry_points.output import print_anything
from suite.entry_points.requirements import require_onnxruntime

# A module each beside this one, with `add_arguments` and `run`.
VERBS = {
    "run": "run the gates with pytest in any repository; what follows are pytest's arguments",
    "orphans": "list accepted entries that no card names; exits with 1 where there are any",
    "weights": "list what models need, what is here and what is missing; exits with 1 if anything "
    "is",
    "check": "say what is wrong in a catalog; exits with 1 where anything is",
    "draft": "write a card for an ONNX file, with blanks to fill in, or for a dataset",
    "import-results": "make [[reference]] rows of a card from somebody's results, JSON or Markdown",
    "judge": "hold what a finished run measured against today's limits and baselines",
    "accept": "the same, and accept it",
    "report": "write a run's report anew, that of a killed run from its records; exits with 1 "
    "where its verdict is fail, as that of a killed run is",
    "merge": "make one report of several runs: providers, or shards of one run; exits with 1 where "
    "its verdict is fail",
    "explain": "say which layers of a quantized model lose most, and what each is worth in time",
    "diff": "say what a change did to the gate: figures, limits, cards, coverage",
    "export": "write a checkpoint of a full-size model as ONNX; needs PyTorch",
    "copy": "copy built-in cards of full-size models into a team's catalog",
}

# Those whose arguments are pytest's, ``--help`` among them.
_PASS_ON = {"run", "judge", "accept"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a sub-command; returns the exit status."""
    print_anything()
    words = sys.argv[1:] if arguments is None else list(arguments)
    parser = argparse.ArgumentParser(prog="face-quant-gate", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, what in VERBS.items():
        command = commands.add_parser(
            name, help=what, description=what, add_help=name not in _PASS_ON
        )
        # The others stay unread: what one imports would make each of them slow.
        if words[:1] == [name]:
            chosen_parser = command
    try:
        if words and words[0] in VERBS:
            verb = _module(words[0])
            verb.add_arguments(chosen_parser)
        chosen, rest = parser.parse_known_args(words)
        if rest and chosen.command not in _PASS_ON:
            parser.error(f"unrecognized arguments: {' '.join(rest)}")
        chosen.rest = rest
        status: int = verb.run(chosen)
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # whoever reads has seen enough, as head has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except (SuiteError, OSError) as error:
        print(refused(error) if isinstance(error, OSError) else error, file=sys.stderr)
        return 2


def _module(name: str) -> ModuleType:
    try:
        return import_module(f"suite.entry_points.commands.{name.replace('-', '_')}")
    except ModuleNotFoundError:
        require_onnxruntime()
        raise


if __name__ == "__main__":
    sys.exit(main())
