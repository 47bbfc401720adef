"""Names of images and people, which are personal data: short hashes in their place in a report."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from suite.catalog.errors import SuiteError, visible
from suite.catalog.files import is_file, write_whole
from suite.catalog.json_file import UnreadableError, read_json
from suite.judging.drawn import Closeness, OperatingPoint
from suite.judging.measured import Measured
from suite.judging.record import Record

NAMES = "names.json"
_DIGITS = 12
# What stands in the place of a name.
HIDDEN = re.compile(rf"\bname-[0-9a-f]{{{_DIGITS}}}\b")
_IMAGE = (
    r"\.(?:jpe?g|jpe|jfif|png|bmp|dib|webp|tiff?|p[bgnp]m|pfm|sr|ras|exr|hdr|pic|jp2|gif|avif"
    r"|hei[cf]|raw|dng|cr2|nef|arw)\b"
)
_QUOTED = r"'(?:[^'\\\n]|\\.)+'|\"(?:[^\"\\\n]|\\.)+\""
# What the readers of sets say of images and people: group ``name`` is what is hidden. Where a name
# could begin in many places, the other half of a pattern passes over all that has none at once: a
# long line would take quadratic time else.
_SAID = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # what was left out or passed over, with the first
        r"(?:images|folder) \((?:(?:the first )?(?P<name>.+?)\) (?=has |have |left out)|.*)",
        # people
        rf"(?:shows?|image \d+ of|names(?: one of)?|the same image,) (?P<name>{_QUOTED})",
        rf"name-[0-9a-f]+,? and (?P<name>{_QUOTED})",
        # a list's line, which names people
        rf"line \d+, (?P<name>{_QUOTED})",
        # images that a name alone tells
        r"(?P<name>(?:^|(?<=: ))[^:\n]+?)(?= is said to show )",
        r"(?<=, and )(?P<name>[^,\n]+)(?=, the same image,)",
        rf"(?:the points|left and right) of (?P<name>{_QUOTED})",
        r"(?P<name>(?:^|(?<=: ))[^:\n]+)(?=: this person's folder)",
        # images: in quotes, with their path and its spaces, at the beginning, alone
        rf"(?P<name>'[^'\n]+{_IMAGE}'|\"[^\"\n]+{_IMAGE}\")",
        rf"(?<![\w.])(?:(?P<name>/[^:\n]*?{_IMAGE})|/[^:\n]*)",
        rf"(?P<name>(?:^|(?<=: ))[^:\n(]*?{_IMAGE})(?=: )",
        rf"(?P<name>[^\s'\"(),;:]+{_IMAGE})|[^\s'\"(),;:]+",
    )
)


class Names:
    """The names that a report hides, by what stands in their place.

    A name is hidden by its SHA-256 with that of its set, so that it is the same in every run, and
    another in every set. That keeps it from whoever reads the report and does not have the set;
    somebody who guesses a name can still see whether it is there.
    """

    def __init__(self, known: Mapping[str, str] | None = None) -> None:
        self.known: dict[str, str] = dict(known or {})

    def hide(self, name: str, of_set: str) -> str:
        """What stands in a report in the place of a name of a set, by the set's SHA-256."""
        if HIDDEN.fullmatch(name):  # of a report that is judged again
            return name
        name = visible(name)
        given = f"{of_set}\0{name}".encode()
        hidden = f"name-{hashlib.sha256(given).hexdigest()[:_DIGITS]}"
        self.known[hidden] = name
        return hidden

    def hidden_in(self, text: str, of_set: str = "") -> str:
        """A text with what names an image or a person in it hidden."""

        def hidden(match: re.Match[str]) -> str:
            name, whole = match["name"], match[0]
            if name is None:
                return whole
            place = match.start("name") - match.start()
            bare = name[1:-1] if name[:1] in "'\"" and name[:1] == name[-1:] else name
            return whole[:place] + self.hide(bare, of_set) + whole[place + len(name) :]

        # A name may begin a line, below others or indented.
        lines = text.split("\n")
        for index, line in enumerate(lines):
            said = line.lstrip(" ")
            blanks = line[: len(line) - len(said)]
            for pattern in _SAID:
                said = pattern.sub(hidden, said)
            lines[index] = blanks + said
        return "\n".join(lines)

    def hidden_in_record(self, record: Record) -> Record:
        """A record whose names are hidden, wherever it has one."""
        of_set = set_of(record)

        def said(text: str) -> str:
            return self.hidden_in(text, of_set)

        return record.model_copy(
            update={
                "headline": said(record.headline),
                "notes": tuple(map(said, record.notes)),
                "eased": tuple(map(said, record.eased)),
                "measured": record.measured and self._measured(record.measured, of_set, said),
            }
        )

    def _measured(self, found: Measured, of_set: str, said: Callable[[str], str]) -> Measured:
        update: dict[str, object] = {
            part: tuple(map(said, getattr(found, part)))
            for part in ("doubts", "remarks", "described")
        }
        if found.problem:
            update["problem"] = said(found.problem)
        update["flips"] = tuple(
            flip.model_copy(
                update={side: self.hide(getattr(flip, side), of_set) for side in ("left", "right")}
            )
            for flip in found.flips
        )
        if found.closeness:
            update["closeness"] = self._closeness(found.closeness, of_set)
        update["thresholds"] = tuple(self._point(each, of_set) for each in found.thresholds)
        update["pictures"] = {self.hide(name, of_set): it for name, it in found.pictures.items()}
        return found.model_copy(update=update)

    def _closeness(self, found: Closeness, of_set: str) -> Closeness:
        worst = tuple(
            each.model_copy(update={"image": self.hide(each.image, of_set)}) for each in found.worst
        )
        return found.model_copy(update={"worst": worst})

    def _point(self, found: OperatingPoint, of_set: str) -> OperatingPoint:
        set_by = tuple(
            pair.model_copy(
                update={side: self.hide(getattr(pair, side), of_set) for side in ("left", "right")}
            )
            for pair in found.set_by
        )
        return found.model_copy(update={"set_by": set_by})

    def write(self, folder: Path) -> None:
        """Write ``names.json``, which this user alone may read.

        Raises
        ------
        OSError
            where it cannot be written.
        """
        text = json.dumps(dict(sorted(self.known.items())), indent=2) + "\n"
        write_whole(folder / NAMES, text, alone=True, private=True)


def set_of(record: Record) -> str:
    """The SHA-256 of the set whose images and people a record names; empty where it has none."""
    return record.hashes.get("dataset") or record.hashes.get("calibration") or ""


def known_names(folder: Path) -> dict[str, str]:
    """The names that a run before hid, by what stands in their place; none where it kept none.

    Raises
    ------
    SuiteError
        where its file is damaged.
    """
    path = folder / NAMES
    if not is_file(path):
        return {}
    try:
        found = read_json(path)
    except UnreadableError as error:
        raise SuiteError(
            where=path, what=f"is no readable list of names: {error}; remove it."
        ) from None
    if not isinstance(found, dict):
        raise SuiteError(where=path, what="is no readable list of names; remove it.")
    return {hidden: name for hidden, name in found.items() if isinstance(name, str)}
