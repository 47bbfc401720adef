"""Where a run happens, versions, CPU, profile, threads, and what it is to judge there."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

from suite import __version__
from suite.catalog.plan import gates_of
from suite.catalog.selection import Options, Selection
from suite.entry_points.commands.git_revision import head_of
from suite.judging.baselines.orphans import unjudged
from suite.judging.baselines.unproved import why_unproved
from suite.judging.coverage import Coverage
from suite.report.model import Environment
from suite.runtime.profile import cpu_name, device_name
from suite.runtime.versions import versions


def describe(selection: Selection, command: str, profile: str, workers: int = 0) -> Environment:
    """This run's environment."""
    provider = selection.catalog.providers[selection.provider]
    head = head_of(selection.catalog.folder, Path.cwd())
    return Environment(
        started=datetime.now(UTC).isoformat(timespec="seconds"),
        command=command,
        suite=__version__,
        catalog=str(selection.catalog.folder),
        provider=provider.id,
        profile=profile,
        cpu=cpu_name(),
        device=device_name(provider),
        cores=os.cpu_count() or 0,
        threads_embedding=provider.threads.embedding,
        threads_latency=provider.threads.latency,
        platform=platform.platform(),
        python=platform.python_version(),
        versions=versions(),
        workers=workers,
        unproved=why_unproved(profile, selection.catalog),
        commit=head.commit,
        branch=head.branch,
    )


def to_be_judged(selection: Selection, profile: str, options: Options) -> Coverage:
    """What the catalog has to be judged, and what is accepted of it that no gate judges."""
    found = unjudged(selection.catalog, profile, options)
    return Coverage(selection.whole, gates_of(selection.cases), tuple(found))
