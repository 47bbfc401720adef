"""Whether bytes are those that a card, or the first use, says."""

from pathlib import Path

from suite.catalog.errors import ModelError
from suite.catalog.model_card import ModelCard
from suite.models.pins import PINS, pin, pinned


def refuse_untrusted(what: str, address: str, known: str | None, *, trust: bool) -> None:
    """Refuse to fetch what nobody says the hash of, unless that is trusted."""
    if known is None and not trust:
        raise ModelError(
            where=what,
            what=f"nobody publishes the SHA-256 of what is at {address}; --trust-first-use pins "
            "the one that comes.",
        )


def refuse_other(
    url: str, model: ModelCard, digest: str, known: str | None, published: str | None
) -> None:
    """Refuse what came with another hash than the published or the pinned one."""
    if known is not None and digest != known:
        by = str(model.card_file) if published else f"{PINS} beside it, of the first use,"
        raise ModelError(
            where=url,
            what=f"came with the SHA-256 {digest}, {by} says {known}; nothing was kept.",
        )


def verify(
    path: Path, digest: str, published: str | None, model: ModelCard, *, trust: bool, may_pin: bool
) -> None:
    """Hold a hash against the published or the pinned one; pin it where there is none."""
    known = published or pinned(path)
    if known is None:
        if not trust:
            raise ModelError(
                where=path,
                what=f"nobody publishes its SHA-256; it is {digest}: --trust-first-use pins it.",
            )
        if may_pin:
            pin(path, digest)
    elif digest != known:
        other = "" if published else f", or trust it anew: delete its line in {path.parent / PINS}"
        raise ModelError(
            where=path,
            what=f"its SHA-256 is {digest}, and {known} is expected for {model.id}; get the right "
            f"file{other}.",
        )


def pin_new(path: Path, digest: str, published: str | None) -> None:
    """Pin a hash where none is published."""
    if published is None:
        pin(path, digest)
