"""A pair of images that a line of a file names."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Named = TypeVar("Named", bound=Hashable)


@dataclass(frozen=True)
class LinePair(Generic[Named]):
    """One line.

    Attributes
    ----------
    left, right : the images, as the file names them
    genuine : whether they show one person
    fold : the fold's number
    line : the line's number in the file, from 1
    """

    left: Named
    right: Named
    genuine: bool
    fold: int
    line: int


@dataclass(frozen=True)
class LinePairs(Generic[Named]):
    """A file's pairs, those of a fold one after another, and the folds that they make.

    Attributes
    ----------
    folds : how many there are
    fold_sizes : how many pairs each has; empty where they are of equal length
    people : who each image shows, where the file says so
    """

    pairs: tuple[LinePair[Named], ...]
    folds: int
    fold_sizes: tuple[int, ...] = ()
    people: Mapping[Named, str] = field(default_factory=dict)
