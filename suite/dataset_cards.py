"""The cards of datasets: where faces and pairs are, and how the faces are aligned."""

from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from suite.cards import Card, Fraction, Sha256, Table

Unreadable = Literal["error", "skip"]
Missing = Literal["error", "skip", "unaligned"]
Pixels = Annotated[int, Field(ge=0, le=1000)]
Side = Annotated[int, Field(ge=16, le=1024)]
Factor = Annotated[float, Field(gt=0, le=8)]


class LandmarkAlign(Table):
    """Warped by a similarity onto ArcFace's five points, which a CSV has for each image.

    Attributes
    ----------
    landmarks : a CSV with an image's path below the card's folder and x and y of the left eye (as
        one sees it), the right eye, the nose and the corners of the mouth, left and right, in
        pixels of the image
    size : side of the aligned square in pixels; the template is that of 112, scaled
    missing : what is done with an image that the CSV has no line for
    """

    method: Literal["landmarks"]
    landmarks: str
    size: Side = 112
    missing: Missing = "error"


class YunetAlign(Table):
    """Warped by a similarity onto ArcFace's five points, which YuNet finds.

    Attributes
    ----------
    detector, detector_sha256 : YuNet's ONNX file and its hash
    pad : pixels added on each side before detection, repeating the border
    enlarge : factor by which the padded image is enlarged before detection, by cubic interpolation
    score : the least score of a face
    size : side of the aligned square in pixels
    missing : what is done with an image in which no face is found
    """

    method: Literal["yunet"]
    detector: str
    detector_sha256: Sha256
    pad: Pixels = 0
    enlarge: Factor = 1.0
    score: Fraction = 0.6
    size: Side = 112
    missing: Missing = "error"


class MarginAlign(Table):
    """FaceNet's crop: a face's box with a margin, resized; no rotation.

    Attributes
    ----------
    margin : pixels of the result that lie around the box, both sides together, as MTCNN's
        ``margin`` of facenet-pytorch
    size : side of the result in pixels
    centre : without a detector, side in pixels of the box in the image's centre
    detector, detector_sha256, pad, enlarge, score, missing : as for ``yunet``
    """

    method: Literal["margin"]
    margin: Pixels = 14
    size: Side = 160
    centre: Annotated[int, Field(ge=1)] | None = None
    detector: str | None = None
    detector_sha256: Sha256 | None = None
    pad: Pixels = 0
    enlarge: Factor = 1.0
    score: Fraction = 0.6
    missing: Missing = "error"

    @model_validator(mode="after")
    def _has_one_box(self) -> Self:
        if bool(self.detector) == bool(self.centre):
            raise ValueError("needs a detector, or centre, the side of the box in the centre")
        if bool(self.detector) != bool(self.detector_sha256):
            raise ValueError("needs detector and detector_sha256 together")
        if self.margin >= self.size:
            raise ValueError("needs a margin below size")
        return self


AlignSpec = Annotated[LandmarkAlign | YunetAlign | MarginAlign, Field(discriminator="method")]


class BinDataset(Card):
    """An InsightFace ``.bin``: a pickle of encoded images and the list of issame.

    ``identities`` is a text file with a line for each image of the list, in its order, that
    says who it shows.
    """

    kind: Literal["bin"]
    file: str
    identities: str | None = None
    sha256: Sha256 | None = None
    folds: Annotated[int, Field(ge=2)] = 10

    def named_files(self) -> dict[str, str]:
        """Each file or folder that the card names, by its key."""
        return {"file": self.file, **({"identities": self.identities} if self.identities else {})}


class _Folder(Card):
    """What the kinds with image files in a folder have in common.

    ``unreadable`` says what is done with an image that cannot be decoded.
    """

    folder: str
    align: AlignSpec | None = None
    unreadable: Unreadable = "error"
    sha256: Sha256 | None = None

    def named_files(self) -> dict[str, str]:
        """Each file or folder that the card names, by its key."""
        named = {"folder": self.folder}
        for key in ("landmarks", "detector"):
            relative = getattr(self.align, key, None)
            if relative:
                named[f"align.{key}"] = relative
        return named


class LfwDataset(_Folder):
    """A folder of images, a sub-folder per person, and pairs in LFW's ``pairs.txt`` form."""

    kind: Literal["lfw"]
    pairs: str
    image: str = "{person}/{person}_{number:04d}.jpg"

    @field_validator("image")
    @classmethod
    def _image_names_both(cls, value: str) -> str:
        try:
            value.format(person="p", number=1)
        except (KeyError, IndexError, ValueError) as error:
            raise ValueError(
                "is a pattern of {person} and {number}, as '{person}/{person}_{number:04d}.jpg'"
            ) from error
        return value

    def named_files(self) -> dict[str, str]:
        """Each file or folder that the card names, by its key."""
        return {**super().named_files(), "pairs": self.pairs}


class CsvDataset(_Folder):
    """A folder of images, and a CSV of pairs with columns ``left``, ``right``, ``same``.

    ``folds`` are contiguous, ten where none are given; a column ``fold`` says them instead.
    """

    kind: Literal["csv"]
    file: str
    folds: Annotated[int, Field(ge=2)] | None = None

    def named_files(self) -> dict[str, str]:
        """Each file or folder that the card names, by its key."""
        return {**super().named_files(), "file": self.file}


class PeopleDataset(_Folder):
    """A folder with a sub-folder per person, of which pairs are drawn.

    ``pairs_per_fold`` is the number of genuine pairs in a fold, and that of impostor pairs;
    ``seed`` draws others.
    """

    kind: Literal["people"]
    folds: Annotated[int, Field(ge=2, le=1000)] = 10
    pairs_per_fold: Annotated[int, Field(ge=1, le=1_000_000)] = 300
    seed: Annotated[int, Field(ge=0)] = 0


class FolderDataset(_Folder):
    """Images alone, every one below a folder: for calibration."""

    kind: Literal["folder"]


ImagesDataset = LfwDataset | CsvDataset | PeopleDataset | FolderDataset
DatasetCard = BinDataset | LfwDataset | CsvDataset | PeopleDataset | FolderDataset
KINDS = ("bin", "lfw", "csv", "people", "folder")
METHODS = ("landmarks", "yunet", "margin")
