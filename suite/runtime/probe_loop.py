"""A loop whose work never changes: its time says how fast the core is at the moment.

Sums of which each needs the one before run as fast as the core's clock lets them; exponentials of
many numbers at once as fast as its arithmetic units are free, which a neighbour on the same core's
other thread takes a part of. All that they read and write is 64 KiB. Python adds a tenth to the
sums, so that another one makes the loop a little longer or shorter.
"""

import numpy as np

_SUMMED = np.linspace(0.0, 1.0, 2048)
_SUMS = np.empty_like(_SUMMED)
_POWERS = np.linspace(0.0, 1.0, 4096, dtype=np.float32)
_RAISED = np.empty_like(_POWERS)
# One array's exponentials take a third of the time of the other's sums (AVX512, numpy 2.4).
_TIMES, _AS_LONG = 15, 3


def probe() -> None:
    """Run the loop once: both take about as long."""
    for _ in range(_TIMES):
        np.add.accumulate(_SUMMED, out=_SUMS)
        for _ in range(_AS_LONG):
            np.exp(_POWERS, out=_RAISED)
