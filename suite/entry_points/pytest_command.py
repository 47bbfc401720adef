"""The arguments with which ``face-quant-gate run`` starts pytest."""

from face_quant_gate.location import JOB_SETTINGS

JOB_PLUGIN = "face_quant_gate.job"
# By name, for where PYTEST_DISABLE_PLUGIN_AUTOLOAD keeps pytest from finding them.
_PLUGINS = (JOB_PLUGIN, "face_quant_gate.plugin", "syrupy", "benchmark", "xdist")


def job_words() -> list[str]:
    """What stands before the user's arguments: a repository's settings for its own tests end."""
    return [
        *(word for plugin in _PLUGINS for word in ("-p", plugin)),
        f"--config-file={JOB_SETTINGS}",
        "--rootdir=.",
        "--pyargs",
        "suite.gates",
    ]
