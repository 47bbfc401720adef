"""Where a red gate's embeddings were lost: the layers, and the artifact to look at."""

from suite.catalog.errors import SuiteError
from suite.catalog.files import real_path
from suite.catalog.gate import Gate, Section
from suite.gates.case_work import CaseWork
from suite.gates.layer_costs import LayersDb, layers_db
from suite.judging.baselines.store import BaselineFile
from suite.judging.judgement import Judgement
from suite.judging.lost_layers import WHERE, lost_layers
from suite.judging.outcome import Outcome

_OF_EMBEDDINGS = (Gate.FIDELITY, Gate.VERIFICATION)


def kept_layers(work: CaseWork, gate: Gate) -> dict[str, float]:
    """The layers that a baseline keeps beside a gate's figures; none of a gate but fidelity.

    Nor of FP32, of what is judged again without its artifact, and where layers cannot be told.
    """
    if gate is not Gate.FIDELITY or work.mode.is_fp32 or work.bench.recorded is not None:
        return {}
    return dict(_layers_of(work).in_8_bits)


def where_lost(
    judged: Judgement, work: CaseWork, file: BaselineFile, section: str
) -> tuple[str, ...]:
    """Of a judgement whose embeddings fail, the layers that lost most and the file they are in.

    Nothing of others, and of what fails without a figure: they cost nothing.
    """
    of = Section.parse(section)
    if judged.outcome is not Outcome.FAIL or judged.advice or not judged.rows or of is None:
        return ()
    if of.gate not in _OF_EMBEDDINGS or work.mode.is_fp32 or work.bench.recorded is not None:
        return ()
    entry = file.entry(str(Section(Gate.FIDELITY, of.key)))
    if entry and entry.layers:
        layers = _layers_of(work)
        words = lost_layers(layers.in_8_bits, entry.layers, layers.in_float)
    else:
        words = (
            "no layers were accepted to compare with: face-quant-gate explain "
            f"--model={work.model.id} --mode={work.mode.id}, with this run's --catalog and "
            "folders, weighs each"
        )
    place = f"the artifact is {real_path(work.artifact.file.path)}"
    return tuple(f"{WHERE}{each}" for each in (words, place) if each)


def _layers_of(work: CaseWork) -> LayersDb:
    if work.layers_db is None:
        try:
            work.layers_db = layers_db(work)
        except SuiteError:
            work.layers_db = LayersDb()
    return work.layers_db
