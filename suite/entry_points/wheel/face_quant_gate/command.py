"""The console command, which finds its suite in any repository."""

from .location import import_own_suite


def main() -> int:
    """Run the command ``face-quant-gate``; returns the exit status."""
    import_own_suite()
    from suite.entry_points.commands.main import main

    return main()
