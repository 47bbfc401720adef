"""Built-in cards of full-size models and their sets, copied into a team's catalog."""

import argparse
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from suite.catalog.card_file import id_in
from suite.catalog.catalog import Catalog, Roots
from suite.catalog.dataset_card import DatasetCard
from suite.catalog.errors import CatalogError, writing
from suite.catalog.files import is_file, is_there, refuse_link_away
from suite.catalog.folder import card_files, read_catalog
from suite.catalog.model_card import ModelCard
from suite.catalog.selection import chosen_datasets, chosen_models
from suite.entry_points.commands.arguments import ids
from suite.models.onnx_file import read_onnx_file
from suite.models.pins import pinned


@dataclass(frozen=True)
class _Copy:
    """A card's text in its new place, and what is to be said of it."""

    path: Path
    text: str
    said: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which cards are copied, and where to."""
    parser.add_argument("--models", metavar="ID[,ID…]", default="", help="models, by id")
    parser.add_argument(
        "--datasets",
        metavar="ID[,ID…]",
        default="",
        help="evaluation sets, by id (all of a model); without --models, sets to copy alone",
    )
    parser.add_argument(
        "--catalog", metavar="DIR", type=Path, required=True, help="the team's catalog"
    )
    parser.add_argument("--weights-dir", metavar="DIR", type=Path, help="folder of weights")
    parser.add_argument(
        "--own-weights",
        action="store_true",
        help="gate your own weights where they are other bytes than those published",
    )


def run(chosen: argparse.Namespace) -> int:
    """Copy the cards and say what was done."""
    builtin = read_catalog(None, Roots(weights_dir=chosen.weights_dir))
    models, datasets = ids(chosen.models), ids(chosen.datasets)
    for words in copy_cards(
        builtin, models, datasets, chosen.catalog, own_weights=chosen.own_weights
    ):
        print(words)
    return 0


def copy_cards(
    builtin: Catalog,
    models: tuple[str, ...],
    datasets: tuple[str, ...],
    folder: Path,
    *,
    own_weights: bool = False,
) -> list[str]:
    """Copy models' cards with those of their sets; returns what was done, a sentence a card.

    A copy is not on request, and has the hash of the weights where they are here. Nothing is
    written where anything is refused; a set's card that the catalog has stays as it is.

    Parameters
    ----------
    builtin : the built-in catalog, with the roots where weights may be
    models : their ids; none where sets are copied alone
    datasets : the evaluation sets that the copies have, whose cards are copied; empty: all of the
        model's
    folder : the team's catalog, made where it is not there
    own_weights : whether weights may be other bytes than those published

    Raises
    ------
    CatalogError
        where nothing is named, for a set or model of the suite's own, an id that no card has, a
        model that the catalog has already, and weights that are other bytes than those published.
    """
    if not (models or datasets):
        raise CatalogError(
            "--models: is not given; name the models to copy, by their ids, or with --datasets "
            "sets to copy alone."
        )
    cards = chosen_models(builtin, models) if models else []
    chosen = chosen_datasets(builtin, datasets)
    copies = [_of_model(builtin, card, chosen, folder, own_weights) for card in cards]
    needed = dict.fromkeys(
        [*datasets, *(name for card in cards for name in _sets_of(card, chosen))]
    )
    here = _ids_in(folder / "datasets")
    said = [
        f"{here[name]}: has {name!r} already and stays as it is" for name in needed if name in here
    ]
    copies += [_of_dataset(builtin.datasets[name], folder) for name in needed if name not in here]
    _write_all(copies)
    return [*(f"{copy.path}: {copy.said}" for copy in copies), *said]


def _of_model(
    builtin: Catalog, card: ModelCard, chosen: Sequence[str], folder: Path, own_weights: bool
) -> _Copy:
    if _leads_out(card.source.file):
        raise CatalogError(
            f"--models: {card.id} is one of the suite's embedded models, whose weights are not "
            "yours to keep; run it without --catalog, or copy a full-size one."
        )
    here = _ids_in(folder / "models").get(card.id)
    if here:
        raise CatalogError(
            where=here, what=f"has {card.id!r} already; remove it or choose another --catalog."
        )
    evaluation = [name for name in card.evaluation if name in chosen]
    if not evaluation:
        raise CatalogError(
            f"--datasets: none of {', '.join(chosen)} is an evaluation set of {card.id} "
            f"({', '.join(card.evaluation)}); name one of these, or copy "
            "sets alone, without --models."
        )
    text = card.card_file.read_text(encoding="utf-8")
    text = re.sub(r"^on_request\s*=.*\n", "", text, count=1, flags=re.MULTILINE)
    if len(evaluation) < len(card.evaluation):
        listed = ", ".join(f'"{name}"' for name in evaluation)
        text = re.sub(r"^evaluation\s*=\s*\[[^]]*\]", f"evaluation = [{listed}]", text, flags=re.M)
    digest = _weights_hash(builtin, card, own_weights)
    said = "copied, with the hash of your weights"
    if digest is None:
        said = f"copied; {card.source.file!r} is not in {builtin.roots.weights}, so no hash was set"
        if card.source.sha256:
            said = "copied, with the published hash of its weights"
    elif card.source.sha256:
        text = text.replace(card.source.sha256, digest, 1)
    else:
        line = f'\\g<0>\nsha256 = "{digest}"'
        text = re.sub(r"(?<=^\[source\]\n)file\s*=.*$", line, text, count=1, flags=re.MULTILINE)
    return _Copy(folder / "models" / card.card_file.name, text, said)


def _weights_hash(builtin: Catalog, card: ModelCard, own_weights: bool) -> str | None:
    """The hash of a model's weights, None where they are not here."""
    path = builtin.locate(card, card.source.file, weights=True)
    if not is_file(path):
        return None
    found = read_onnx_file(path).sha256
    known = card.source.sha256 or pinned(path)
    if known not in (None, found) and not own_weights:
        by = "is published" if card.source.sha256 else "was pinned"
        raise CatalogError(
            where=path,
            what=f"has SHA-256 {found} where {known} {by} for {card.id}; get the right file, or "
            "say with --own-weights that these are the ones to gate.",
        )
    return found


def _sets_of(card: ModelCard, chosen: Sequence[str]) -> Iterator[str]:
    """The sets that a copy names; its rows of reference are shown for others of the same faces."""
    yield from (n for n in card.datasets if n in chosen or n not in card.evaluation)
    yield from (row.dataset for row in card.reference)


def _of_dataset(card: DatasetCard, folder: Path) -> _Copy:
    if any(map(_leads_out, card.named_files().values())):
        raise CatalogError(
            f"--datasets: {card.id} is one of the suite's embedded sets, whose faces are not yours "
            "to keep; run it without --catalog, or copy another."
        )
    text = card.card_file.read_text(encoding="utf-8")
    return _Copy(folder / "datasets" / card.card_file.name, text, "copied")


def _leads_out(relative: str) -> bool:
    return ".." in PurePosixPath(relative).parts


def _ids_in(folder: Path) -> dict[str, Path]:
    """The ids of the cards in a folder, those left out that cannot be read."""
    found = {id_in(path): path for path in card_files(folder)}
    return {card_id: path for card_id, path in found.items() if card_id is not None}


def _write_all(copies: Sequence[_Copy]) -> None:
    for copy in copies:
        if is_there(copy.path):
            raise CatalogError(
                where=copy.path, what="is there already; remove it or choose another --catalog."
            )
    for copy in copies:
        _write(copy)


def _write(copy: _Copy) -> None:
    refuse_link_away(copy.path.parents[1], copy.path, CatalogError)
    with writing(copy.path, "cannot write the card", "choose another --catalog", CatalogError):
        copy.path.parent.mkdir(parents=True, exist_ok=True)
        with copy.path.open("x", encoding="utf-8") as stream:
            stream.write(copy.text)
