"""Proof of placement: which nodes of a session run on the provider asked for, and which do not."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import onnxruntime as ort

from suite.catalog.errors import ProviderError
from suite.catalog.provider_card import ProviderCard

# The option that makes a session remember which provider got which node.
RECORD_ASSIGNMENT = ("session.record_ep_graph_assignment_info", "1")
_NAMED = 5


@dataclass(frozen=True)
class Stray:
    """A node that does not run on the provider asked for.

    ``fell_back`` is False where the card expects it there: on a provider of the same hardware, or
    an op that its mode lets run elsewhere.
    """

    name: str
    op_type: str
    provider: str
    fell_back: bool


@dataclass(frozen=True)
class Assignment:
    """Where onnxruntime put a session's nodes, before it fused any."""

    nodes: int
    strays: tuple[Stray, ...]

    @property
    def fallen_back(self) -> tuple[Stray, ...]:
        """The strays that no card expects."""
        return tuple(stray for stray in self.strays if stray.fell_back)


def assignment(
    session: ort.InferenceSession, card: ProviderCard, may_run_elsewhere: Sequence[str] = ()
) -> Assignment:
    """Where a session's nodes were put.

    Parameters
    ----------
    session : opened with `RECORD_ASSIGNMENT`
    may_run_elsewhere : op types that the mode allows on other providers

    Raises
    ------
    ProviderError
        where this onnxruntime does not say, so that nothing would be proved.
    """
    try:
        subgraphs = session.get_provider_graph_assignment_info()
    except Exception as error:  # onnxruntime's own classes derive from Exception alone
        raise ProviderError(
            f"--provider {card.id}: onnxruntime {ort.__version__} does not say where nodes run "
            f"({error}); install 1.24 or newer."
        ) from None
    nodes, strays = 0, []
    for subgraph in subgraphs:
        for node in subgraph.get_nodes():
            nodes += 1
            if subgraph.ep_name != card.execution_provider:
                expected = subgraph.ep_name in card.hardware or node.op_type in may_run_elsewhere
                strays.append(Stray(node.name, node.op_type, subgraph.ep_name, not expected))
    return Assignment(nodes, tuple(strays))


def refuse_fallback(found: Assignment, card: ProviderCard, path: Path) -> None:
    """Raise ProviderError, naming the nodes, where more fell back than the card allows."""
    reason = fallback(found, card)
    if reason:
        raise ProviderError(where=path, what=f"{reason}.")


def fallback(found: Assignment, card: ProviderCard) -> str | None:
    """What fell back beyond the card's limit, in words; None where nothing did."""
    fallen = found.fallen_back
    allowed = card.placement.nodes_elsewhere
    if len(fallen) <= allowed:
        return None
    named = ", ".join(f"{s.name or 'unnamed'} ({s.op_type})" for s in fallen[:_NAMED])
    more = f" and {len(fallen) - _NAMED} more" if len(fallen) > _NAMED else ""
    where = ", ".join(sorted({stray.provider for stray in fallen}))
    return (
        f"{len(fallen)} of {found.nodes} nodes do not run on {card.execution_provider} but on "
        f"{where}: {named}{more}; {allowed} may. Use ops that it has, name the mode not_applicable "
        f"in the card of {card.id}, or allow the op in the mode's may_run_elsewhere.{card.id}"
    )
