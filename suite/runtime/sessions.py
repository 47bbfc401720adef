"""Inference sessions that run on the provider asked for, or not at all."""

import atexit
import functools
import hashlib
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import onnxruntime as ort

from suite.catalog.errors import ModelError, ProviderError, reason_of, shortened
from suite.catalog.provider_card import ProviderCard
from suite.runtime.op_libraries import register_ops
from suite.runtime.placement import RECORD_ASSIGNMENT, assignment, refuse_fallback
from suite.runtime.unknown_ops import unknown_op

# How far onnxruntime rewrites a graph: not at all, without choosing kernels, as it does by default.
NONE = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
BASIC = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
# Of what onnxruntime says, which may name all inputs of a network.
_LONGEST_REASON = 600
ALL = ort.GraphOptimizationLevel.ORT_ENABLE_ALL


def open_session(
    path: Path,
    card: ProviderCard,
    *,
    threads: int,
    may_run_elsewhere: Sequence[str] = (),
    cuda_graph: bool = False,
    level: ort.GraphOptimizationLevel = ALL,
) -> ort.InferenceSession:
    """Load a model on the card's provider, and prove that its nodes run there.

    Parameters
    ----------
    threads : intra-op threads; 0 is every core. Idle threads do not spin, because two sessions
        that alternate would take each other's cores.
    may_run_elsewhere : op types that need not run on the provider
    cuda_graph : capture the first run as a CUDA graph and replay it, if the card names the option
    level : how far onnxruntime may rewrite the graph

    Raises
    ------
    ModelError
        where onnxruntime cannot load the file.
    ProviderError
        where nodes fell back to another provider; it names them.
    """
    session = load(path, card, threads=threads, cuda_graph=cuda_graph, level=level)
    refuse_fallback(assignment(session, card, may_run_elsewhere), card, path)
    return session


def load(
    path: Path | bytes,
    card: ProviderCard,
    *,
    threads: int,
    cuda_graph: bool = False,
    trace_prefix: Path | None = None,
    level: ort.GraphOptimizationLevel = ALL,
) -> ort.InferenceSession:
    """Load a model with the card's provider first, wherever its nodes then run.

    Raises
    ------
    ModelError
        where onnxruntime cannot load the file.
    ProviderError
        where onnxruntime left the provider out.
    """
    own = dict(card.options)
    if threads and card.threads_option:
        own[card.threads_option] = str(threads)
    if card.engine_folder_option:
        own[card.engine_folder_option] = str(_engines(path))
    if cuda_graph and card.cuda_graph_option:
        own[card.cuda_graph_option] = "1"
    named = path if isinstance(path, Path) else "the model"
    try:
        session = ort.InferenceSession(
            path,
            sess_options=_options(card, threads, trace_prefix, level),
            providers=[(card.execution_provider, own), *card.placement.also_on],
            # Else Python tries again on the CPU, with no more than a printed line.
            enable_fallback=0,
        )
    except Exception as error:  # onnxruntime's own classes derive from Exception alone
        said = (unknown_op(path) if isinstance(path, Path) else None) or reason_of(error)
        reason = shortened(said, _LONGEST_REASON)
        raise ModelError(
            where=named,
            what=f"onnxruntime cannot load it on {card.id}: {reason}{_of_other_age(reason)}.",
        ) from None
    if session.get_providers()[0] != card.execution_provider:
        raise ProviderError(
            where=named,
            what=f"asked for {card.execution_provider}, got {session.get_providers()[0]}.",
        )
    return session


def _of_other_age(reason: str) -> str:
    """What to do about a file that is newer or older than this onnxruntime; else nothing."""
    if "Could not find an implementation" in reason:
        return "; export the model with an opset that this onnxruntime has kernels for, from 7 on"
    if "IR version" not in reason and "under development" not in reason:
        return ""
    return "; install a newer onnxruntime, or export the model with an older opset and IR version"


def _options(
    card: ProviderCard, threads: int, trace_prefix: Path | None, level: ort.GraphOptimizationLevel
) -> ort.SessionOptions:
    options = ort.SessionOptions()
    options.graph_optimization_level = level
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # The CPU's provider is never left out: what is logged of it is what is raised, once more.
    options.log_severity_level = 4 if card.on_cpu_kernels else 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry(*RECORD_ASSIGNMENT)
    register_ops(options)
    if trace_prefix:
        options.enable_profiling = True
        options.profile_file_prefix = str(trace_prefix)
    return options


def _engines(path: Path | bytes) -> Path:
    """A folder for what a provider compiles of a model, one per model."""
    name = str(path).encode() if isinstance(path, Path) else path
    folder = _engine_root() / hashlib.sha256(name).hexdigest()[:16]
    folder.mkdir(exist_ok=True)
    return folder


@functools.cache
def _engine_root() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="face-quant-gate-engines-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
