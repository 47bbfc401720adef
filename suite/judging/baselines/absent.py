"""What is concluded where nothing is accepted of what a gate measured."""

from suite.catalog.gate import Gate, Section
from suite.judging.against_baseline import ACCEPT, before_it_existed
from suite.judging.baselines.store import BaselineFile
from suite.judging.judgement import Judgement
from suite.judging.outcome import Outcome

# What the headline of a failure begins with that is nothing else.
NOTHING_ACCEPTED = "nothing accepted: "


def nothing_accepted(
    file: BaselineFile, gate: Gate, section: str, *, of_fp32: bool = False
) -> Judgement:
    """Not compared on a profile of which nothing is accepted while another one is; else a failure.

    On a profile of which anything is accepted, what is missing was taken away or forgotten.
    """
    if gate.per_device:
        return Judgement(Outcome.NOT_COMPARED, f"no speed-up is accepted as {section}")
    elsewhere = [name for name in file.sections() if _of_other_version(name, gate)]
    if elsewhere:
        words = f"accepted as {', '.join(elsewhere)}, this is {section}"
        return Judgement(Outcome.NOT_COMPARED, words)
    known = file.holds_figures
    since = gate.since if of_fp32 else gate.since_of_quantized
    if known and since > file.format:
        return before_it_existed("gate", [gate])
    others = [] if file.is_profile_accepted else file.profiles_with(section)
    if others:
        words = f"accepted on {', '.join(others)}, this is {file.profile}"
        return Judgement(Outcome.NOT_COMPARED, words)
    what = f"section {section!r} of" if known else "a"
    words = f"{NOTHING_ACCEPTED}{what} baseline {file.path} is missing"
    return Judgement(Outcome.FAIL, words, advice=ACCEPT)


def _of_other_version(section: str, gate: Gate) -> bool:
    parsed = Section.parse(section)
    return gate.per_version and parsed is not None and parsed.gate is gate
