"""How pixels become a network's input, as a card says."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from suite.catalog.table import HashedTable, Speed, Table

Layout = Literal["NCHW", "NHWC"]
# What a network is fed is at most some hundred; float32 ends at 3.4e38.
_LARGEST = 1e30
Channels = tuple[float, float, float]


def in_words(values: tuple[float, ...]) -> str:
    """A value for each channel: the one that all share, or all of them.

    >>> in_words((127.5, 127.5, 127.5)), in_words((0.5, 0.4, 0.3))
    ('127.5', '[0.5, 0.4, 0.3]')
    """
    return f"{values[0]:g}" if len(set(values)) == 1 else str(list(values))


class QuantizedInput(Table):
    """An input of integers: ``round(x / scale + zero_point)`` of each value x, within the type.

    A ``zero_point`` is an integer where a quantizer made it; one in between says that bytes are
    taken as pixels are, as 127.5 with scale 1/127.5 where FP32 is fed (pixel − 127.5) / 127.5.
    """

    type: Literal["int8", "uint8", "int16", "uint16"]
    scale: Speed
    zero_point: float = 0.0


class PreprocessSpec(HashedTable):
    """How pixels become the network's input: ``(pixel · scale / 255 − mean) / std``.

    ``mean`` and ``std`` are given channel by channel in the order of ``color_order``. Only a
    brought artifact's input may be ``quantized``.

    Attributes
    ----------
    fit : what becomes of a face of another aspect than the input: it is stretched, or its middle of
        the input's aspect is taken, as the central columns of 112 × 112 for 96 × 112
    prewhiten : each image less its own mean, over its own standard deviation (at least 1 / √n of
        n values), as facenet's ``prewhiten``, in place of ``mean`` and ``std``
    """

    FORMAT_1: ClassVar = frozenset(
        {"height", "width", "layout", "color_order", "mean", "std", "scale"}
    )

    height: Annotated[int, Field(ge=1, le=4096)]
    width: Annotated[int, Field(ge=1, le=4096)]
    layout: Layout = "NCHW"
    color_order: Literal["RGB", "BGR"]
    mean: Channels
    std: Channels
    scale: float
    quantized: QuantizedInput | None = None
    fit: Literal["stretch", "crop"] = "stretch"
    prewhiten: bool = False

    def shape(self, batch: int) -> tuple[int, int, int, int]:
        """The input tensor of so many images."""
        if self.layout == "NHWC":
            return batch, self.height, self.width, 3
        return batch, 3, self.height, self.width

    @property
    def keeps_bytes(self) -> bool:
        """Whether it leaves pixels in 0…255 as they are, as a network that takes bytes needs."""
        return not self.prewhiten and self.scale == 255.0 and self._has_no_mean_and_std

    @property
    def _has_no_mean_and_std(self) -> bool:
        return (self.mean, self.std) == ((0.0,) * 3, (1.0,) * 3)

    def in_words(self) -> str:
        """What is done to pixels, as the report says it."""
        fed = f"fed {self.width} × {self.height} {self.color_order} in {self.layout}"
        if self.prewhiten:
            return f"{fed}, each image less its own mean, over its own standard deviation"
        return (
            f"{fed}, (pixel · {self.scale:g} / 255 − mean) / std with mean {in_words(self.mean)} "
            f"and std {in_words(self.std)}"
        )

    @model_validator(mode="after")
    def _prewhitening_needs_no_mean(self) -> Self:
        if self.prewhiten and not self._has_no_mean_and_std:
            raise ValueError(
                "has prewhiten = true, which takes each image's own mean and std: write mean = "
                "[0.0, 0.0, 0.0] and std = [1.0, 1.0, 1.0]"
            )
        return self

    @model_validator(mode="after")
    def _floats_hold_it(self) -> Self:
        least = min(self.std)
        if max(abs(v - m) for v in (0.0, self.scale) for m in self.mean) / least > _LARGEST:
            raise ValueError(
                f"makes pixels values above {_LARGEST:g}: mend mean = {list(self.mean)} and "
                f"std = {list(self.std)}"
            )
        return self

    @field_validator("scale")
    @classmethod
    def _scale_is_known(cls, value: float) -> float:
        if value not in (1.0, 255.0):
            raise ValueError(
                "must be 1 (mean and std are for pixels in 0…1) or 255 (for pixels in 0…255)"
            )
        return value

    @field_validator("std")
    @classmethod
    def _std_divides(cls, value: Channels) -> Channels:
        if min(value) <= 0:
            raise ValueError("must be positive in each channel")
        return value
