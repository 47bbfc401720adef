"""Accepted entries that no card names."""

import argparse

from suite.catalog.errors import visible
from suite.catalog.folder import read_catalog
from suite.entry_points.commands.arguments import add_catalog
from suite.judging.baselines.orphans import find_orphans
from suite.judging.baselines.store import remove_sections


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The catalog, and whether its orphans are removed."""
    add_catalog(parser)
    parser.add_argument("--remove", action="store_true", help="remove them, and exit with 0")


def run(chosen: argparse.Namespace) -> int:
    """List the orphans, or remove them; 1 where any stay."""
    found = list(find_orphans(read_catalog(chosen.catalog)))
    for orphan in found:
        print(visible(f"{orphan.path}: {', '.join(orphan.sections)}: {orphan.reason}"))
        if chosen.remove:
            remove_sections(orphan.path, orphan.sections)
    done = "removed" if chosen.remove else "orphaned"
    count = sum(len(orphan.sections) for orphan in found)
    print(f"{count} accepted {'entry' if count == 1 else 'entries'} {done}")
    return 1 if found and not chosen.remove else 0
