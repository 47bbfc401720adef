"""Inference sessions that run on the provider asked for, or not at all."""

from pathlib import Path

import onnxruntime as ort

from suite.cards import ProviderCard
from suite.errors import ModelError, ProviderError


def require_provider(card: ProviderCard) -> None:
    """Raise ProviderError where the installed onnxruntime does not have the provider."""
    available = ort.get_available_providers()
    if card.execution_provider not in available:
        raise ProviderError(
            f"--provider {card.id}: onnxruntime {ort.__version__} here has no "
            f"{card.execution_provider} (it has {', '.join(available)}); install the wheel that "
            "brings it."
        )


def open_session(path: Path, card: ProviderCard, *, threads: int) -> ort.InferenceSession:
    """Load a model on the card's provider.

    Parameters
    ----------
    threads : intra-op threads; 0 is every core. Idle threads do not spin, because two sessions
        that alternate would take each other's cores.

    Raises
    ------
    ModelError
        where onnxruntime cannot load the file.
    ProviderError
        where the session would not run on the provider asked for.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if card.execution_provider != "CPUExecutionProvider":
        options.add_session_config_entry("session.disable_cpu_ep_fallback", "1")
    try:
        session = ort.InferenceSession(
            path,
            sess_options=options,
            providers=[(card.execution_provider, dict(card.options))],
            enable_fallback=0,
        )
    except Exception as error:  # onnxruntime's own classes derive from Exception alone
        reason = (str(error).strip().splitlines() or ["no reason given"])[0]
        raise ModelError(f"{path}: onnxruntime cannot load it on {card.id}: {reason}") from None
    if session.get_providers()[0] != card.execution_provider:
        raise ProviderError(
            f"{path}: asked for {card.execution_provider}, got {session.get_providers()[0]}."
        )
    return session
