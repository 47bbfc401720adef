"""What is wrong in a card, as one sentence that names the file, the key and what is allowed."""

from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from suite.dataset_cards import KINDS, METHODS
from suite.errors import nearest


def sentence(path: Path, adapter: TypeAdapter[Any], error: ValidationError) -> str:
    """The mistake among those that pydantic found in a card that explains most.

    Parameters
    ----------
    path : the card's file
    adapter : what the card was read by
    error : what it raised
    """
    # A misspelt key is unknown and its right name missing: the unknown one says both.
    first = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
    keys = _keys(first["loc"])
    key = ".".join(keys)
    kind = first["type"]
    if kind == "extra_forbidden":
        allowed = _allowed_keys(adapter, first["loc"])
        return f"{path}: unknown key {key!r}; {nearest(keys[-1], allowed)}."
    short = kind == "missing" and isinstance(first["loc"][-1], int)
    if short or kind == "too_long":
        listed = ".".join(keys[:-1] if short else keys)
        return f"{path}: key {listed!r} needs three numbers, one a channel."
    if kind == "missing":
        return f"{path}: key {key!r} is missing; add it."
    if kind.startswith("union_tag"):
        tag, allowed_tags = ("align.method", METHODS) if keys else ("kind", KINDS)
        *most, last = (repr(name) for name in allowed_tags)
        return f"{path}: key {tag!r} must be {', '.join(most)} or {last}."
    message = first["msg"].removeprefix("Value error, ")
    if message.startswith("Input should be "):
        message = "must be " + message.removeprefix("Input should be ")
    elif message.startswith("String should "):
        message = "must " + message.removeprefix("String should ")
    given = first["input"]
    shown = f" (it is {given!r})" if isinstance(given, str | int | float | bool) else ""
    return f"{path}: key {key!r}{shown} {message}."


def _keys(location: tuple[int | str, ...]) -> list[str]:
    """The keys of a card that lead to a mistake: a tagged union's tag is none."""
    keys = [str(part) for part in location]
    if keys and keys[0] in KINDS:  # no key of a model's, mode's or provider's card
        keys = keys[1:]
    if keys[:1] == ["align"] and keys[1:2] and keys[1] in METHODS:
        del keys[1]
    return keys


def _allowed_keys(adapter: TypeAdapter[Any], location: tuple[int | str, ...]) -> set[str]:
    """The keys allowed where an unknown one was met, from the card's JSON schema."""
    schema = adapter.json_schema()
    definitions = schema.get("$defs", {})
    nodes = [schema]
    for part in location[:-1]:
        nodes = [
            _below(resolved, part) for node in nodes for resolved in _resolve(node, definitions)
        ]
    nodes = [resolved for node in nodes for resolved in _resolve(node, definitions)]
    keys = {key for node in nodes for key in node.get("properties", {})}
    return keys - {"card_file"}


def _below(node: dict[str, Any], part: int | str) -> Any:
    """The schema of a key, or of a tagged union's tag."""
    tags = node.get("discriminator", {}).get("mapping", {})
    if part in tags:
        return {"$ref": tags[part]}
    return node.get("properties", {}).get(part, node.get("additionalProperties", node))


def _resolve(node: Any, definitions: dict[str, Any]) -> list[dict[str, Any]]:
    if not isinstance(node, dict):
        return []
    if "$ref" in node:
        return _resolve(definitions[node["$ref"].rsplit("/", 1)[-1]], definitions)
    if "discriminator" in node:
        return [node]
    branches = [*node.get("anyOf", []), *node.get("oneOf", [])]
    return [r for branch in branches for r in _resolve(branch, definitions)] or [node]
