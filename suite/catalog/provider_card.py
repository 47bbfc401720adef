"""The card of an execution provider."""

from typing import Annotated

from pydantic import Field

from suite.catalog.mode_card import RecipeOverride
from suite.catalog.table import Card, CardId, Speed, Table

CPU = "CPUExecutionProvider"
# What a provider leaves to another one of the same hardware, as their makers have it.
_ALONGSIDE = {"TensorrtExecutionProvider": "CUDAExecutionProvider"}


class ThreadSpec(Table):
    """Intra-op threads of a session; 0 lets onnxruntime use every core."""

    embedding: Annotated[int, Field(ge=0, le=4096)] = 0
    latency: Annotated[int, Field(ge=0, le=4096)] = 1


class PlacementSpec(Table):
    """Where nodes may run besides the provider asked for.

    ``also_on`` are execution providers registered after it, on the same hardware, as CUDA is
    after TensorRT; ``nodes_elsewhere`` is how many nodes may run on any other.
    """

    also_on: tuple[str, ...] = ()
    nodes_elsewhere: Annotated[int, Field(ge=0)] = 0


class ProviderCard(Card):
    """An ONNX Runtime execution provider: its options, what it can run, how fast it must be.

    Attributes
    ----------
    memory : the memory that a latency gate binds inputs and outputs to, as `onnxruntime.OrtValue`
        names it
    cuda_graph_option : the provider's option with which latency is measured on a captured CUDA
        graph; none where it is not
    threads_option : the provider's own option that takes the number of threads
    engine_folder_option : the provider's own option that names a folder for what it compiles; it
        gets one that lasts for the run, so that no engine of another artifact is ever used
    throughput_batch : images a run where images per second are measured
    profile : the profile that INT8 baselines are accepted on; else made of the id and hardware
    recipe : what changes in a mode's recipe, by mode
    not_applicable : why a mode cannot be run, by mode
    speed_floor : the least speed-up over FP32, by mode
    repeats_within : how far the same image may move when it is run again, as a share of its
        embedding's length: 0 where kernels are fixed, more where they are chosen by timing
    speed_floor_for_profile : by profile what is otherwise there, by mode
    install, needs : how to install it and what must be present, for whoever lacks it
    """

    execution_provider: str
    options: dict[str, str] = {}
    threads: ThreadSpec = ThreadSpec()
    threads_option: str | None = None
    engine_folder_option: str | None = None
    memory: Annotated[str, Field(pattern=r"^[a-z]+$")] = "cpu"
    cuda_graph_option: str | None = None
    throughput_batch: Annotated[int, Field(ge=2, le=4096)] = 8
    profile: CardId | None = None
    placement: PlacementSpec = PlacementSpec()
    recipe: dict[CardId, RecipeOverride] = {}
    not_applicable: dict[CardId, Annotated[str, Field(min_length=1)]] = {}
    speed_floor: dict[CardId, Speed] = {}
    repeats_within: Annotated[float, Field(ge=0, le=0.01)] = 0.0
    speed_floor_for_profile: dict[CardId, dict[CardId, Speed]] = {}
    install: str = ""
    needs: str = ""

    def least_speed(self, mode: str, profile: str) -> float | None:
        """The least speed-up over FP32 that a mode must have on a profile; None where none."""
        here = self.speed_floor_for_profile.get(profile, {})
        return here.get(mode, self.speed_floor.get(mode))

    @property
    def on_cpu_kernels(self) -> bool:
        """Whether this is onnxruntime's own CPU provider."""
        return self.execution_provider == CPU

    @property
    def device_id(self) -> int:
        """The device among several of its kind; 0 where the options name none."""
        given = self.options.get("device_id", "0")
        return int(given) if given.isdecimal() else 0

    @property
    def hardware(self) -> tuple[str, ...]:
        """The execution providers that are on the asked hardware."""
        return (self.execution_provider, *self.placement.also_on)

    @property
    def foreign(self) -> tuple[str, ...]:
        """Those of them that are on it by the word of this card alone."""
        known = (self.execution_provider, _ALONGSIDE.get(self.execution_provider))
        return tuple(name for name in self.placement.also_on if name not in known)
