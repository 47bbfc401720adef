"""How a dataset's faces are aligned, as its card says."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from suite.catalog.table import Fraction, HashedTable, Sha256

Missing = Literal["error", "skip", "unaligned"]
Pixels = Annotated[int, Field(ge=0, le=1000)]
Side = Annotated[int, Field(ge=16, le=1024)]
Factor = Annotated[float, Field(gt=0, le=8)]
# Neither says how a face is cut, given that there is one; its hash stands for the detector.
_NOT_HASHED = frozenset({"detector", "missing"})


class LandmarkAlign(HashedTable):
    """Warped by a similarity onto ArcFace's five points, which a CSV has for each image.

    Attributes
    ----------
    landmarks : a CSV with an image's path below the card's folder and x and y of the left eye (as
        one sees it), the right eye, the nose and the corners of the mouth, left and right, in
        pixels of the image
    size : side of the aligned square in pixels; the template is that of 112, scaled
    missing : what is done with an image that the CSV has no line for
    """

    FORMAT_1: ClassVar = frozenset({"method", "size"})
    # The points themselves are hashed, image by image.
    NOT_HASHED: ClassVar = frozenset({"landmarks", "missing"})

    method: Literal["landmarks"]
    landmarks: str
    size: Side = 112
    missing: Missing = "error"

    def in_words(self) -> str:
        """What is done to faces, as the report says it."""
        return f"aligned to {self.size} px by the points of {self.landmarks}"


class YunetAlign(HashedTable):
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

    FORMAT_1: ClassVar = frozenset({"method", "detector_sha256", "pad", "enlarge", "score", "size"})
    NOT_HASHED: ClassVar = _NOT_HASHED

    method: Literal["yunet"]
    detector: str
    detector_sha256: Sha256
    pad: Pixels = 0
    enlarge: Factor = 1.0
    score: Fraction = 0.6
    size: Side = 112
    missing: Missing = "error"

    def in_words(self) -> str:
        """What is done to faces, as the report says it."""
        return (
            f"aligned to {self.size} px by YuNet's points (pad {self.pad}, enlarge "
            f"{self.enlarge:g}, score {self.score:g}, missing: {self.missing})"
        )


class MarginAlign(HashedTable):
    """FaceNet's crop: a face's box with a margin, resized; no rotation.

    Attributes
    ----------
    margin : pixels of the result that lie around the box, both sides together, as MTCNN's
        ``margin`` of facenet-pytorch
    size : side of the result in pixels
    centre : without a detector, side in pixels of the box in the image's centre
    detector, detector_sha256, pad, enlarge, score, missing : as for ``yunet``
    """

    FORMAT_1: ClassVar = frozenset(
        {"method", "margin", "size", "centre", "detector_sha256", "pad", "enlarge", "score"}
    )
    NOT_HASHED: ClassVar = _NOT_HASHED

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

    def in_words(self) -> str:
        """What is done to faces, as the report says it."""
        box = f"the middle {self.centre} px" if self.centre else "YuNet's box"
        return f"cut to {self.size} px, {box} with a margin of {self.margin}"

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
METHODS = ("landmarks", "yunet", "margin")
