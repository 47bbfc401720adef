"""The console command ``face-quant-gate``."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from suite.errors import SuiteError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a sub-command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="face-quant-gate", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    orphans = commands.add_parser(
        "orphans", help="list accepted entries that no card names; exits with 1 where there are any"
    )
    orphans.add_argument("--catalog", metavar="DIR", type=Path, help="a team's catalog")
    orphans.add_argument("--remove", action="store_true", help="remove them, and exit with 0")
    chosen = parser.parse_args(arguments)
    try:
        return _orphans(chosen.catalog, remove=chosen.remove)
    except SuiteError as error:
        print(error, file=sys.stderr)
        return 2


def _orphans(catalog: Path | None, *, remove: bool) -> int:
    from suite.baselines import remove_sections
    from suite.catalog import read_catalog
    from suite.orphans import find_orphans

    found = list(find_orphans(read_catalog(catalog)))
    for orphan in found:
        print(f"{orphan.path}: {', '.join(orphan.sections)}: {orphan.reason}")
        if remove:
            remove_sections(orphan.path, orphan.sections)
    done = "removed" if remove else "orphaned"
    print(f"{sum(len(orphan.sections) for orphan in found)} accepted entries {done}")
    return 1 if found and not remove else 0


if __name__ == "__main__":
    sys.exit(main())
