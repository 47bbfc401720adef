"""The cache of artifacts: each built once, known by what it is made of."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path

from pydantic import TypeAdapter

from suite.catalog.errors import ArtifactError, SuiteError, writing
from suite.catalog.files import refuse_link_away
from suite.catalog.fresh import fresh_beside, remove, sweep
from suite.catalog.json_file import UnreadableError, json_sha256, read_as, read_json
from suite.catalog.lock import Lock
from suite.models.onnx_file import OnnxFile, read_onnx_file
from suite.quantization.advance import Advance, unseen
from suite.quantization.artifact import Artifact, BuildRecord, Ingredients, StepDone
from suite.quantization.builder import build

_STEPS = TypeAdapter(tuple[StepDone, ...])
_OTHERWISE = "give another folder with --artifact-cache"


class ArtifactCache:
    """A folder of artifacts, each in a sub-folder named by its ingredients' hash.

    Attributes
    ----------
    statistics : where what images show of networks is kept beside them
    """

    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        self._folder = folder
        self._say = say
        self.statistics = folder / "statistics"
        self._failed: dict[str, ArtifactError] = {}

    def get(
        self, source: OnnxFile, ingredients: Ingredients, advance: Advance = unseen
    ) -> Artifact:
        """The artifact of these ingredients, built now if it is not there whole.

        Parameters
        ----------
        advance : told how far building has come, where that takes long

        Raises
        ------
        ArtifactError
            where it cannot be built or kept; the same at once where that was tried already.
        """
        if ingredients.key in self._failed:
            raise self._failed[ingredients.key]
        try:
            return self._get(source, ingredients, advance)
        except ArtifactError as error:
            self._failed[ingredients.key] = error
            raise

    def _get(self, source: OnnxFile, ingredients: Ingredients, advance: Advance) -> Artifact:
        entry = self._folder / ingredients.key[:2] / ingredients.key
        # What is whole is read without a lock, so that a read-only cache serves too.
        cached = _whole(entry)
        if cached:
            return cached
        refuse_link_away(self._folder, entry, ArtifactError)
        with self._locked(entry):
            built_elsewhere = _whole(entry)
            if built_elsewhere:
                return built_elsewhere
            self._remove_damaged(entry)
            self._build(entry, source, ingredients, advance)
        built = _whole(entry)
        if built is None:
            raise ArtifactError(
                where=entry, what="what was built there is damaged; delete it and rerun."
            )
        return built

    @contextmanager
    def _locked(self, entry: Path) -> Iterator[None]:
        """Keep other processes from building the same artifact; a killed one's lock is free."""
        with writing(entry.parent, "cannot write the artifact cache", _OTHERWISE, ArtifactError):
            lock = Lock(entry.with_suffix(".lock"))
            lock.acquire()
        try:
            yield
        finally:
            lock.release()

    def _remove_damaged(self, entry: Path) -> None:
        if entry.exists():
            self._say(f"{entry}: the cached artifact is damaged; building it again.")
            with suppress(OSError):
                remove(entry)

    def _build(
        self, entry: Path, source: OnnxFile, ingredients: Ingredients, advance: Advance
    ) -> None:
        sweep(entry)
        work = fresh_beside(entry)
        try:
            with writing(entry, "cannot keep the artifact", _OTHERWISE, ArtifactError):
                work.mkdir()
                model = work / "model.onnx"
                steps = build(source.path, model, ingredients, self.statistics, advance)
                file = read_onnx_file(model)
                record = BuildRecord(file.sha256, file.size_bytes, ingredients.describe(), steps)
                text = json.dumps(asdict(record), indent=2) + "\n"
                (work / "record.json").write_text(text, encoding="utf-8")
                work.rename(entry)
        finally:
            with suppress(OSError):
                remove(work)


def _whole(entry: Path) -> Artifact | None:
    """What an entry holds; None where it is not there, damaged, or of other ingredients."""
    try:
        record = read_json(entry / "record.json")
        file = read_onnx_file(entry / "model.onnx")
        if not isinstance(record, dict) or record.get("sha256") != file.sha256:
            return None
        if json_sha256(record.get("ingredients")) != entry.name:
            return None
        steps = read_as(_STEPS, record.get("steps", []))
    except (OSError, UnreadableError, SuiteError):
        return None
    return Artifact(file, steps=steps)
