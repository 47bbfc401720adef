"""The JSON Schema of ``report.json``.

``python -m suite.report.schema > docs/report.schema.json`` writes it anew.
"""

import json

from suite.report.model import Report


def schema_text() -> str:
    """The schema as the repository keeps it."""
    schema = Report.model_json_schema(mode="serialization")
    return (
        json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}, indent=2)
        + "\n"
    )


if __name__ == "__main__":
    print(schema_text(), end="")
