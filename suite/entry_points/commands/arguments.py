"""Arguments that several commands have."""

import argparse
from pathlib import Path


def add_catalog(parser: argparse.ArgumentParser) -> None:
    """The folder of a team's cards."""
    parser.add_argument("--catalog", metavar="DIR", type=Path, help="a team's catalog")


def add_roots(parser: argparse.ArgumentParser) -> None:
    """Where files lie that cards name and that are not beside them."""
    parser.add_argument("--weights-dir", metavar="DIR", type=Path, help="folder of weights")
    parser.add_argument("--data-dir", metavar="DIR", type=Path, help="root for data")


def add_history(parser: argparse.ArgumentParser) -> None:
    """The file of runs that the page shows figures over."""
    parser.add_argument(
        "--history",
        metavar="FILE",
        type=Path,
        help="file of runs: the page shows each figure over those before, and the report's are "
        "added where the file has them not",
    )


def add_op_library(parser: argparse.ArgumentParser) -> None:
    """The library of ops, which no card names."""
    parser.add_argument(
        "--op-library",
        metavar="FILE",
        type=Path,
        help="library of ops that onnxruntime lacks, which it loads and runs",
    )


def ids(words: str) -> tuple[str, ...]:
    """The ids in a list with commas.

    >>> ids("lfw-raw, mine,")
    ('lfw-raw', 'mine')
    """
    return tuple(name.strip() for name in words.split(",") if name.strip())
