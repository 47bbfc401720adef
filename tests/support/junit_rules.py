"""What the published schema of JUnit XML that pytest calls xunit2 allows.

Jenkins' xUnit plugin publishes it as junit-10.xsd; these are its rules for what pytest writes.
"""

import re
from pathlib import Path
from xml.etree.ElementTree import Element, parse

_TEXT = {"type", "message"}
_COUNTS = {"name", "tests", "failures", "errors", "time"}
# Of each element: what it may hold, the attributes it must have, and those that it may.
_RULES: dict[str, tuple[set[str], set[str], set[str]]] = {
    "testsuites": ({"testsuite"}, set(), _COUNTS),
    "testsuite": (
        {"testsuite", "properties", "testcase", "system-out", "system-err"},
        {"name", "tests", "failures", "errors"},
        _COUNTS | {"group", "skipped", "timestamp", "hostname", "id", "package", "file", "log"},
    ),
    "properties": ({"property"}, set(), set()),
    "property": (set(), {"name", "value"}, {"name", "value"}),
    "testcase": (
        {"skipped", "error", "failure", "system-out", "system-err"},
        {"name"},
        {"name", "time", "classname", "group"},
    ),
    "skipped": (set(), set(), _TEXT),
    "error": (set(), set(), _TEXT),
    "failure": (set(), set(), _TEXT),
    "system-out": (set(), set(), set()),
    "system-err": (set(), set(), set()),
}
_TIME = re.compile(r"(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]{0,3})?")


def read_strictly(path: Path) -> Element:
    """The document of a file, which must keep to the schema."""
    root = parse(path).getroot()
    assert root.tag == "testsuites"
    _check(root)
    return root


def _check(element: Element) -> None:
    children, needed, allowed = _RULES[element.tag]
    given = set(element.attrib)
    assert needed <= given <= allowed, (element.tag, given)
    assert {child.tag for child in element} <= children, (element.tag, list(element))
    assert _TIME.fullmatch(element.get("time", ""))
    for child in element:
        _check(child)
