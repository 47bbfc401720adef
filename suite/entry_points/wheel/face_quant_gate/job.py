"""The plugin that ``face-quant-gate run`` names: in its process ``suite`` is this suite."""

from .location import import_own_suite

import_own_suite()
