"""A finished run's measurements, accepted where today's limits let them."""

import argparse

from suite.entry_points.commands.judge import add_arguments, judged

__all__ = ["add_arguments", "run"]


def run(chosen: argparse.Namespace) -> int:
    """Judge what was measured, and accept it as ``--snapshot-update`` does."""
    return judged(chosen, "--snapshot-update")
