"""Where the suite lies, and whose package ``suite`` this process has."""

import importlib
import importlib.util
import sys
from pathlib import Path

# The package lies below this one in the wheel, where Python finds it only when it is told to,
# and above it in the clone.
_HERE = Path(__file__).resolve().parent
ROOT = next(
    folder
    for folder in (_HERE / "path", *_HERE.parents)
    if (folder / "suite" / "gates" / "test_artifact.py").is_file()
)
GATES = ROOT / "suite" / "gates"
JOB_SETTINGS = _HERE / "job.ini"


def other_suite() -> Path | None:
    """The place of another ``suite`` that is imported or would be; None where there is none."""
    try:
        spec = importlib.util.find_spec("suite")
    except ValueError:  # a module without a specification, put there by hand
        return Path()
    if spec is None:
        return None
    found = Path(next(iter(spec.submodule_search_locations or ()), spec.origin or "")).resolve()
    return None if found == ROOT / "suite" else found


def import_own_suite() -> None:
    """Import this suite, whichever comes first in the path."""
    if "suite" in sys.modules:
        return
    sys.path.insert(0, str(ROOT))
    try:
        importlib.import_module("suite")
    finally:
        sys.path.remove(str(ROOT))
