"""Cards of every kind, held against what `tomllib` makes of the same text."""

import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from suite.catalog.card_file import read_card
from suite.catalog.dataset_card import DatasetCard
from suite.catalog.mode_card import ModeCard
from suite.catalog.model_card import ModelCard
from suite.catalog.provider_card import ProviderCard
from tests.fuzz.mutators import TEXT, Mutator
from tests.fuzz.target import Mutant, Target, Verdict

_FIXTURES = Path(__file__).parents[3] / "fixtures"
_DATASET: TypeAdapter[Any] = TypeAdapter(Annotated[DatasetCard, Field(discriminator="kind")])
_VALUES = (
    *("inf", "-inf", "nan", "1e999", "-1", "0", "true", '""', "[]", "{}", "[[]]", "1979-05-27"),
    *("0x" + "f" * 4000, "9" * 5000, "9" * 400, "1_000", "0o7", "0b1", "-0.0", "1e-400"),
    *('"\\u0000"', '"\\u001b[2J"', '"\\ud800"', '"\\u202e"', "07:32:00", "[1, 2, 3]", '["a"]'),
    *("'''\n'''", '"../../x"', '"/etc/passwd"', f'"{"x" * 9000}"', '"FILL IN"'),
    *("[" * 300 + "]" * 300, "{a = " * 150 + "1" + "}" * 150, "[inf, inf, inf]"),
    *('"{person:>2000000000}{number}"', "[1e308, 1e-308, 0]", "[[[1]]]", "[{}]"),
)
_KEYS = (
    *("folder", "csv", "lfw", "bin", "people", "kind", "align", "[key]", "card_file", "id", "mean"),
    *("extends", "tolerances.accuracy", "policy.floor.accuracy", "a.b", "\x1b[2J", "", "k" * 9000),
    *(".".join("a" * 3000), "modes.fp32.policy.floor.accuracy", "expected.images", "preprocess"),
)


def odd_value(rng: Random, data: bytes) -> bytes:
    """The value of a key is another."""
    lines = data.split(b"\n")
    places = [index for index, line in enumerate(lines) if b"=" in line]
    if not places:
        return data
    index = rng.choice(places)
    lines[index] = lines[index].partition(b"=")[0] + b"= " + rng.choice(_VALUES).encode()
    return b"\n".join(lines)


def odd_key(rng: Random, data: bytes) -> bytes:
    """A key more, or another in the place of one."""
    key = rng.choice(_KEYS)
    written = key if rng.random() < 0.5 else f'"{key}"'
    lines = data.split(b"\n")
    index = rng.randrange(len(lines))
    if rng.random() < 0.5 and b"=" in lines[index]:
        lines[index] = written.encode() + b" =" + lines[index].partition(b"=")[2]
    else:
        lines.insert(index, f"{written} = {rng.choice(_VALUES)}".encode())
    return b"\n".join(lines)


_MUTATORS: Sequence[Mutator] = (*TEXT, *[odd_value] * 6, *[odd_key] * 6)


def _corpus(kind: str) -> Callable[[], list[bytes]]:
    return lambda: [path.read_bytes() for path in sorted((_FIXTURES / kind).glob("*.toml"))]


def _reader(adapter: TypeAdapter[Any]) -> Callable[[Path], object]:
    def read(path: Path) -> object:
        card = read_card(path, adapter)
        return card.model_dump(mode="json", by_alias=True, exclude_unset=True)

    return read


def _as_tomllib_has_it(result: object, mutant: Mutant) -> Verdict:
    text = mutant.data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    wanted = _plain(tomllib.loads(text))
    assert _plain(result) == wanted, f"{result!r} and not {wanted!r}"
    return Verdict.SAME if result == mutant.wanted else Verdict.OTHER


def _plain(value: Any) -> Any:
    """As JSON has it: dates are texts, and an integer that is given for a float is one."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, int) and abs(value) > 2**53:
        return float(value)
    return value if isinstance(value, bool | int | float | str) else str(value)


def _target(kind: str, adapter: TypeAdapter[Any]) -> Target:
    name = f"card-{kind.removesuffix('s')}"
    of_kind = (_corpus(kind), _reader(adapter), _as_tomllib_has_it)
    return Target(name, "card.toml", *of_kind, mutators=_MUTATORS)


TARGETS = (
    _target("models", TypeAdapter(ModelCard)),
    _target("datasets", _DATASET),
    _target("modes", TypeAdapter(ModeCard)),
    _target("providers", TypeAdapter(ProviderCard)),
)
