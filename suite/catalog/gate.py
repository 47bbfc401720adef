"""The gates and the sections of a baseline: closed vocabularies."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class Gate(StrEnum):
    """What a gate is called in its test, in records and in baselines."""

    ARTIFACT = "artifact"
    FINGERPRINT = "fingerprint"
    VERIFICATION = "verification"
    FIDELITY = "fidelity"
    PLACEMENT = "placement"
    BEHAVIOUR = "behaviour"
    LATENCY = "latency"

    @property
    def per_dataset(self) -> bool:
        """Whether it is run once an evaluation set."""
        return self in (Gate.VERIFICATION, Gate.FIDELITY)

    @property
    def per_device(self) -> bool:
        """Whether what it accepts is of one device model and onnxruntime minor version."""
        return self is Gate.LATENCY

    @property
    def per_version(self) -> bool:
        """Whether what it accepts is of one onnxruntime minor version, whose kernels it is of."""
        return self in (Gate.PLACEMENT, Gate.LATENCY)

    @property
    def judges_fp32(self) -> bool:
        """Whether it decides anything of FP32; otherwise FP32's figures are recorded alone."""
        return self is not Gate.LATENCY

    @property
    def guards_acceptance(self) -> bool:
        """Whether a case that fails it in this run may not be accepted, whichever gates run."""
        return self not in (Gate.FINGERPRINT, Gate.LATENCY)

    @property
    def of_fp32(self) -> bool:
        """Whether there is anything of FP32 to measure."""
        return self is not Gate.FIDELITY

    @property
    def loads(self) -> tuple[str, ...]:
        """The loads under which it is run: one image at a time, or many."""
        return ("latency", "throughput") if self is Gate.LATENCY else ()

    @property
    def is_accepted(self) -> bool:
        """Whether baselines hold a section of it."""
        return self is not Gate.BEHAVIOUR

    @property
    def has_remarks(self) -> bool:
        """Whether its remarks are of the model or the set, and so belong on top."""
        return self in (Gate.ARTIFACT, Gate.VERIFICATION)

    @property
    def since(self) -> int:
        """The baseline format with which it came: what is older could not accept it."""
        return 2 if self is Gate.PLACEMENT else 1

    @property
    def since_of_quantized(self) -> int:
        """The same of quantized modes, which had no fingerprint at first."""
        return 4 if self is Gate.FINGERPRINT else self.since


@dataclass(frozen=True)
class Section:
    """A gate's part of a baseline, written ``<gate>`` or ``<gate>.<key>``.

    ``key`` is the dataset, onnxruntime's minor version, or the device, that version and the batch.
    """

    gate: Gate
    key: str = ""

    def __str__(self) -> str:
        """The section's name in a baseline."""
        return f"{self.gate}.{self.key}" if self.key else self.gate

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """The section of this name; None where there is no such gate."""
        gate, _, key = name.partition(".")
        return cls(Gate(gate), key) if gate in set(Gate) else None
