"""Everything that is wrong in a catalog, instead of the first thing."""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from suite.catalog.catalog import Catalog, Roots, dataset_paths, require_dataset
from suite.catalog.dataset_card import DatasetCard
from suite.catalog.errors import DatasetError, SuiteError, writing
from suite.catalog.files import is_file, is_there, write_whole
from suite.catalog.folder import broken_cards, read_cards
from suite.catalog.idle_limits import idle_limits
from suite.catalog.model_card import ModelCard
from suite.catalog.preprocess import PreprocessSpec
from suite.catalog.unknown_names import unknown_names
from suite.datasets.face_set import FaceSet, refuse_shared_faces
from suite.datasets.loader import load_dataset
from suite.datasets.looks import Looks, looks_of, unlike_in_words
from suite.datasets.pair_checks import unmeasurable_pairs
from suite.entry_points.commands.arguments import add_catalog, add_op_library, add_roots
from suite.entry_points.commands.check_frozen import freeze, lacks_hash, unfrozen
from suite.entry_points.commands.check_images import undecodable, with_card
from suite.entry_points.commands.check_networks import check_networks
from suite.entry_points.commands.check_power import shown_by
from suite.gates.calibrated_on import few_in_words
from suite.runtime.constraints import constraints_text
from suite.runtime.op_libraries import name_op_library

# How wide the range of a normalised input may be: those in use are 1 (0…1) to 5 (torchvision's).
_NARROWEST, _WIDEST = 0.2, 20.0


@dataclass
class Check:
    """What a catalog was found to be.

    Attributes
    ----------
    problems : what is wrong, a sentence each
    notes : what is worth knowing and not wrong, as that images are left out
    looked_at : what was looked at, in words
    """

    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    looked_at: str = ""


@dataclass(frozen=True)
class _Read:
    """A set that was read: its faces, by their hashes alone so that few are in memory.

    Attributes
    ----------
    sound : whether nothing was found wrong in it
    """

    faces: FaceSet
    looks: Looks | None
    sound: bool


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The catalog, where its data is, and what is written."""
    add_catalog(parser)
    add_roots(parser)
    add_op_library(parser)
    parser.add_argument(
        "--constraints",
        metavar="FILE",
        type=Path,
        help="write the installed versions that figures depend on, for pip install -c FILE; "
        "whatever else is wrong",
    )
    parser.add_argument(
        "--freeze",
        action="store_true",
        help="write the hash of each set that was read without a problem into its card",
    )


def run(chosen: argparse.Namespace) -> int:
    """Print what is wrong; 1 where anything is."""
    name_op_library(chosen.op_library)
    if chosen.freeze and chosen.catalog is None:
        raise SuiteError("--freeze writes into a team's cards; name their folder with --catalog.")
    roots = Roots(chosen.data_dir, chosen.weights_dir)
    check = check_catalog(chosen.catalog, roots, write_hashes=chosen.freeze)
    for note in check.notes:
        print(f"note: {note}")
    for problem in check.problems:
        print(problem)
    print(check.looked_at)
    if chosen.constraints:
        _write_constraints(chosen.constraints)
    problems = len(check.problems)
    print(counted(problems, "problem") if problems else "nothing wrong was found")
    return 1 if problems else 0


def check_catalog(folder: Path | None, roots: Roots, *, write_hashes: bool = False) -> Check:
    """Walk a catalog: its cards, what they name, the files' hashes, the networks, the images.

    With ``write_hashes`` the hashes of sets are written into cards that have none.

    A model that runs on request alone is looked at where its weights are here, and a dataset that
    no other model needs where its files are.
    """
    try:
        catalog = read_cards(folder, roots, pass_over=True)
    except SuiteError as error:
        return Check([str(error)], looked_at="looked at nothing")
    found = Check([*broken_cards(folder), *unknown_names(catalog), *idle_limits(catalog)])
    here = [
        model
        for model in catalog.models.values()
        if not model.on_request or _may_be_here(catalog, model, model.source.file)
    ]
    found.notes += _of_modes(catalog)
    for model in catalog.models.values():
        found.problems += _of_preprocessing(model)
    problems, notes = check_networks(catalog, here, partial(_may_be_here, catalog))
    found.problems += problems
    found.notes += notes
    sets = _datasets(catalog)
    read = {card.id: _of_dataset(catalog, card, found) for card in sets}
    for card in sets:
        if lacks_hash(card, folder):
            _of_hash(catalog, card, read[card.id], found, write_hashes)
    _of_calibration(catalog, read, found)
    found.looked_at = _looked_at(catalog, len(here), len(sets))
    return found


def _write_constraints(file: Path) -> None:
    if file.is_symlink() or (is_there(file) and not is_file(file)):
        raise SuiteError(
            where=file, what="is a link, or no file; give another file with --constraints."
        )
    with writing(file, "cannot be written", "give another file with --constraints", SuiteError):
        write_whole(file, constraints_text())
    print(f"{file}: written; install with pip install -c {file} wherever the gates run")


def _may_be_here(catalog: Catalog, model: ModelCard, file: str) -> bool:
    """Whether a model's file is here, or where nobody may look."""
    try:
        return is_file(catalog.locate(model, file, weights=True))
    except SuiteError:
        return True


def _of_modes(catalog: Catalog) -> Iterator[str]:
    """Whose policy holds a team's mode whose card has none."""
    for mode in catalog.modes.values():
        like = catalog.kin_of(mode)
        if (
            mode.id not in catalog.builtin_modes
            and mode.extends is None
            and mode.policy == like.policy
        ):
            yield (
                f"{mode.card_file}: gives no policy of its own: it is held to that of {like.id}, "
                "speed floors included."
            )


def _of_preprocessing(model: ModelCard) -> Iterator[str]:
    spec: PreprocessSpec = model.preprocess
    if (spec.mean, spec.std) == ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)):
        return
    for mean, std in zip(spec.mean, spec.std, strict=True):
        low, high = -mean / std, (spec.scale - mean) / std
        if not _NARROWEST <= high - low <= _WIDEST:
            yield (
                f"{model.card_file}: key 'preprocess': scale = {spec.scale:g} with mean = {mean:g} "
                f"and std = {std:g} makes pixels of 0…255 an input of {low:g}…{high:g}; give mean "
                "and std for pixels in 0…255 with scale = 255.0, those for 0…1 with scale = 1.0."
            )
            return


def _datasets(catalog: Catalog) -> list[DatasetCard]:
    """Those that a model needs that is not on request, and those whose files are here."""
    needed = {
        name for model in catalog.models.values() if not model.on_request for name in model.datasets
    }
    return [
        card
        for name, card in sorted(catalog.datasets.items())
        if name in needed or _has_data(catalog, card)
    ]


def _has_data(catalog: Catalog, card: DatasetCard) -> bool:
    """Whether a set's files are here, or where nobody may look."""
    try:
        return all(is_there(path) for path in dataset_paths(catalog, card).values())
    except SuiteError:
        return True


def _of_dataset(catalog: Catalog, card: DatasetCard, found: Check) -> _Read | None:
    before = len(found.problems)
    try:
        require_dataset(catalog, card)
        faces = load_dataset(card, partial(catalog.locate, card))
    except SuiteError as error:
        found.problems.append(with_card(card, error))
        return None
    found.notes += (f"{card.card_file}: {remark}" for remark in faces.remarks)
    if any(card.id in model.evaluation for model in catalog.models.values()):
        unmeasurable = unmeasurable_pairs(card, faces.genuine, faces.folds)
        found.problems += [unmeasurable] if unmeasurable else []
        if not unmeasurable:
            found.notes.append(f"{card.card_file}: {shown_by(faces)}")
    # What is aligned, or left out where it cannot be decoded, has been decoded already.
    if not card.decodes_images:
        found.problems += undecodable(card, faces)
    without = tuple(replace(face, source=b"") for face in faces.faces)
    sound = len(found.problems) == before
    return _Read(replace(faces, faces=without), looks_of(faces), sound)


def _of_hash(
    catalog: Catalog, card: DatasetCard, read: _Read | None, found: Check, write: bool
) -> None:
    """Freeze a set in which nothing is wrong, or recommend that."""
    if read is not None and read.sound:
        try:
            found.notes.append(freeze(catalog, card, read.faces) if write else unfrozen(card))
        except SuiteError as error:
            found.problems.append(with_card(card, error))


def _of_calibration(catalog: Catalog, read: dict[str, _Read | None], found: Check) -> None:
    """Calibration sets beside what is evaluated: other images, and of the same kind."""
    seen: set[tuple[str, str]] = set()
    for model in catalog.models.values():
        calibrating = read.get(model.calibration or "")
        if calibrating and (few := few_in_words(calibrating.faces)):
            found.notes.append(f"{model.card_file}: key 'calibration': {few}")
        for name in model.evaluation:
            both = (model.calibration or "", name)
            calibration, evaluation = (read.get(each) for each in both)
            if both in seen or calibration is None or evaluation is None:
                continue
            seen.add(both)
            where = f"{model.card_file}: key 'calibration'"
            try:
                refuse_shared_faces(calibration.faces, evaluation.faces)
            except DatasetError as error:
                found.problems.append(f"{where}: {error}")
            if words := unlike_in_words(calibration.looks, evaluation.looks):
                found.notes.append(f"{where}: {words}")
        found.problems += _of_selection(model, read)


def _of_selection(model: ModelCard, read: dict[str, _Read | None]) -> Iterator[str]:
    """Faces that layers are weighed on are no others of the model's."""
    selection = read.get(model.selection or "")
    for name in (*model.evaluation, model.calibration or ""):
        other = read.get(name)
        if selection is not None and other is not None:
            try:
                refuse_shared_faces(selection.faces, other.faces, as_="selection")
            except DatasetError as error:
                yield f"{model.card_file}: key 'selection': {error}"


def _looked_at(catalog: Catalog, models: int, datasets: int) -> str:
    words = [f"looked at {counted(models, 'model')}, {counted(datasets, 'dataset')}"]
    elsewhere, unread = len(catalog.models) - models, len(catalog.unread)
    if elsewhere:
        has = "has" if elsewhere == 1 else "have"
        words.append(f"{counted(elsewhere, 'model')} on request {has} no weights here")
    if unread:
        words.append(f"{counted(unread, 'card')} cannot be read")
    return "; ".join(words)


def counted(number: int, noun: str) -> str:
    """So many of something.

    >>> counted(1, "problem"), counted(2, "problem")
    ('1 problem', '2 problems')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
