"""Weights from a local server that is interrupted, slow, wrong, absent or malicious."""

import hashlib
import http.server
import io
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from suite.cards import CheckpointSpec, ModelCard, SourceSpec
from suite.catalog import read_catalog
from suite.errors import ModelError
from suite.models import getting
from suite.models.getting import get_weights
from suite.models.pins import PINS, pinned

SOURCE = Path(__file__).resolve().parents[2] / "fixtures" / "embedded" / "insightface.onnx"
DATA = SOURCE.read_bytes()
DIGEST = hashlib.sha256(DATA).hexdigest()


def archive(*names: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in names:
            packed.writestr(name, DATA)
    return held.getvalue()


class Server(http.server.BaseHTTPRequestHandler):
    """Serves by the path's first word how, and counts."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        Server.asked.append(self.path)
        how = self.path.split("/")[1]
        body = {
            "zip": archive("pack/net.onnx", "other.txt"),
            "evil": archive("pack/net.onnx", "../../outside.onnx"),
            "nozip": b"this is no archive",
        }.get(how, DATA)
        if how == "404":
            self.send_error(404)
            return
        if how == "busy" and len(Server.asked) < 3:
            self.send_error(503)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if how == "broken" or (how == "interrupted" and len(Server.asked) == 1):
            self.wfile.write(body[: len(body) // 2])
            return
        if how == "slow":
            for start in range(0, len(body), len(body) // 20):
                self.wfile.write(body[start : start + len(body) // 20])
                self.wfile.flush()
                time.sleep(0.05)
            return
        self.wfile.write(body[:-1] + b"x" if how == "changed" else body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch) -> Iterator[str]:
    Server.asked = []
    monkeypatch.setattr(getting, "_PAUSE_S", 0.01)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def model(**source: object) -> ModelCard:
    card = read_catalog().models["insightface-embedded"]
    return card.model_copy(update={"id": "net", "source": SourceSpec(file="net.onnx", **source)})


def get(card: ModelCard, folder: Path, *, trust: bool = False) -> Path:
    return get_weights(card, folder, trust_first_use=trust, progress=False, say=lambda _: None)


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*"))


@pytest.mark.parametrize("how", ["plain", "slow", "interrupted", "busy"])
def test_what_comes_in_the_end_is_whole(server: str, tmp_path: Path, how: str) -> None:
    got = get(model(url=f"{server}/{how}/net.onnx", sha256=DIGEST), tmp_path)
    assert got.read_bytes() == DATA
    assert left_in(tmp_path) == ["net.onnx"]
    assert len(Server.asked) == {"interrupted": 2, "busy": 3}.get(how, 1)


@pytest.mark.parametrize(
    ("how", "words", "asked"),
    [
        ("404", "the server answered 404", 1),
        ("broken", "3 times", 3),
        ("changed", "came with the SHA-256", 1),
    ],
)
def test_what_does_not_come_leaves_nothing(
    server: str, tmp_path: Path, how: str, words: str, asked: int
) -> None:
    with pytest.raises(ModelError, match=words):
        get(model(url=f"{server}/{how}/net.onnx", sha256=DIGEST), tmp_path)
    assert left_in(tmp_path) == []
    assert len(Server.asked) == asked


def test_no_server_at_all(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(getting, "_PAUSE_S", 0.0)
    with pytest.raises(ModelError, match=r"cannot be downloaded \(ConnectionError, 3 times\)"):
        get(model(url="http://127.0.0.1:9/net.onnx", sha256=DIGEST), tmp_path)


def test_a_member_is_taken_out_of_an_archive(server: str, tmp_path: Path) -> None:
    card = model(url=f"{server}/zip/pack.zip", member="pack/net.onnx", sha256=DIGEST)
    assert get(card, tmp_path).read_bytes() == DATA
    assert left_in(tmp_path) == ["net.onnx"]


@pytest.mark.parametrize(
    ("how", "member", "words"),
    [
        ("evil", "pack/net.onnx", "has a member outside its folder"),
        ("nozip", "pack/net.onnx", "is no readable ZIP archive"),
        ("zip", "net.onnx", r"holds no 'net.onnx' \(it holds pack/net.onnx, other.txt\)"),
    ],
)
def test_an_archive_that_is_not_what_it_should_be(
    server: str, tmp_path: Path, how: str, member: str, words: str
) -> None:
    folder = tmp_path / "weights"
    with pytest.raises(ModelError, match=words):
        get(model(url=f"{server}/{how}/pack.zip", member=member, sha256=DIGEST), folder)
    assert left_in(tmp_path) == ["weights"]


def test_another_member_than_the_cards_keeps_what_was_there(server: str, tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(b"mine")
    card = model(url=f"{server}/zip/pack.zip", member="pack/net.onnx", sha256="0" * 64)
    with pytest.raises(ModelError, match="is expected for net"):
        get(card, tmp_path)
    assert (tmp_path / "net.onnx").read_bytes() == b"mine"
    assert left_in(tmp_path) == ["net.onnx"]


def test_without_a_published_hash_trust_must_be_said(server: str, tmp_path: Path) -> None:
    card = model(url=f"{server}/plain/net.onnx")
    with pytest.raises(ModelError, match="--trust-first-use pins the one that comes"):
        get(card, tmp_path)
    assert Server.asked == []
    got = get(card, tmp_path, trust=True)
    assert pinned(got) == DIGEST
    assert left_in(tmp_path) == ["net.onnx", PINS]


def test_a_file_that_is_there_is_pinned_and_not_downloaded(server: str, tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(DATA)
    card = model(url=f"{server}/plain/net.onnx")
    with pytest.raises(ModelError, match="nobody publishes its SHA-256; it is"):
        get(card, tmp_path)
    assert pinned(get(card, tmp_path, trust=True)) == DIGEST
    (tmp_path / "net.onnx").write_bytes(DATA[:-1])
    with pytest.raises(ModelError, match=f"{DIGEST} is expected for net"):
        get(card, tmp_path, trust=True)
    assert Server.asked == []


def test_a_checkpoint_needs_pytorch_to_be_exported(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "suite.export", raising=False)
    (tmp_path / "net.pt").write_bytes(b"weights")
    checkpoint = CheckpointSpec(file="net.pt", architecture="iresnet50")
    card = model(page="https://example.org/zoo", checkpoint=checkpoint)
    with pytest.raises(
        ModelError, match=r"needs PyTorch .*pip install 'face-quant-gate\[export\]'"
    ):
        get(card, tmp_path, trust=True)
    assert left_in(tmp_path) == ["net.pt", PINS]


def test_a_file_that_only_a_human_can_get_says_where(tmp_path: Path) -> None:
    checkpoint = CheckpointSpec(file="net.pt", architecture="iresnet50")
    card = model(page="https://example.org/zoo", checkpoint=checkpoint)
    with pytest.raises(ModelError, match=r"download it by hand from https://example\.org/zoo into"):
        get(card, tmp_path, trust=True)


def test_a_card_without_hash_and_origin_is_refused() -> None:
    with pytest.raises(ValueError, match="needs sha256"):
        SourceSpec(file="net.onnx")
