"""Where a model's files come from, as its card says."""

from typing import Literal, Self

from pydantic import model_validator

from suite.catalog.address import Address, Page, is_of_the_hub
from suite.catalog.files import leads_outside
from suite.catalog.preprocess import Layout, QuantizedInput
from suite.catalog.table import Sha256, Table

# What a network's weights are in.
Precision = Literal["float32", "float16", "bfloat16"]
Architecture = Literal["inception_resnet_v1", "iresnet50", "adaface_ir50"]


class CheckpointSpec(Table):
    """A PyTorch checkpoint that a model's ONNX is exported from; one without a hash is pinned."""

    file: str
    architecture: Architecture
    sha256: Sha256 | None = None


class SourceSpec(Table):
    """Where a model's FP32 ONNX comes from.

    Attributes
    ----------
    file : the ONNX file's name
    sha256 : its hash; none where nobody publishes one, so that the first file seen is pinned
    url : where the checkpoint, the archive or the file itself is downloaded
    urls : mirrors of that, tried in their order after it
    member : the ONNX file's name in the ZIP archive at these
    page : where a human downloads what no program can
    checkpoint : what the ONNX file is exported from
    precision : what its weights are in, where no float32 file is to be had
    """

    file: str
    sha256: Sha256 | None = None
    url: Address | None = None
    urls: tuple[Address, ...] = ()
    member: str | None = None
    page: Page | None = None
    checkpoint: CheckpointSpec | None = None
    precision: Precision = "float32"

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where it is downloaded, in the order in which that is tried."""
        return ((self.url,) if self.url else ()) + self.urls

    @model_validator(mode="after")
    def _has_a_hash_or_an_origin(self) -> Self:
        if self.sha256 is None and not (self.addresses or self.page):
            raise ValueError("needs sha256, the file's hash, or the url or page that it is from")
        if self.member and not self.addresses:
            raise ValueError("has a member and no url, the archive's address")
        if self.member and leads_outside(self.member):
            raise ValueError("has a member outside its archive's folder")
        return self

    @model_validator(mode="after")
    def _what_the_hub_gives_has_a_hash(self) -> Self:
        known = self.checkpoint.sha256 if self.checkpoint else self.sha256
        if known is None and any(map(is_of_the_hub, self.addresses)):
            where = "checkpoint.sha256" if self.checkpoint else "sha256"
            raise ValueError(f"has an hf:// address and no {where}, which Hugging Face shows")
        return self


class Interface(Table):
    """What a brought artifact has otherwise than its source: none means that it has the same.

    Attributes
    ----------
    layout : of its image input
    input, embedding, norm : its inputs and outputs by name
    quantized_input : how values become its integers, where its image input takes such
    """

    layout: Layout | None = None
    input: str | None = None
    embedding: str | None = None
    norm: str | None = None
    quantized_input: QuantizedInput | None = None


class BroughtFile(Interface):
    """A quantized ONNX file made elsewhere."""

    file: str
    sha256: Sha256


class BroughtArtifact(Interface):
    """A quantized ONNX for one mode: one file for all providers, or one per provider."""

    file: str | None = None
    sha256: Sha256 | None = None
    providers: dict[str, BroughtFile] = {}

    @model_validator(mode="after")
    def _one_or_per_provider(self) -> Self:
        if bool(self.file) != bool(self.sha256) or not (self.file or self.providers):
            raise ValueError("needs file and sha256, or a table providers.<id> with both")
        return self

    def for_provider(self, provider_id: str) -> BroughtFile | None:
        """The file for a provider: its own, else the one for all."""
        if provider_id in self.providers:
            return self.providers[provider_id]
        return self.for_all

    @property
    def for_all(self) -> BroughtFile | None:
        """The file for the providers that have none of their own."""
        if not (self.file and self.sha256):
            return None
        return BroughtFile(**{name: getattr(self, name) for name in BroughtFile.model_fields})
