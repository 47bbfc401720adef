"""Weights from a local server that is interrupted, slow, wrong, absent or malicious."""

import hashlib
import http.server
import io
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar
from urllib.parse import unquote

import onnx
import pytest

from suite.catalog.errors import ModelError
from suite.catalog.folder import read_catalog
from suite.catalog.fresh import fresh_beside
from suite.catalog.model_card import ModelCard
from suite.catalog.source import CheckpointSpec, SourceSpec
from suite.models.onnx_file import read_onnx_file
from suite.models.pins import PINS, pin, pinned
from suite.models.weights import download, installer
from suite.models.weights.downloads import Downloads
from suite.models.weights.installer import get_weights
from suite.models.weights.partial import Partial
from suite.models.weights.trust import pin_new

SOURCE = Path(__file__).resolve().parents[3] / "fixtures" / "embedded" / "insightface.onnx"
DATA = SOURCE.read_bytes()
DIGEST = hashlib.sha256(DATA).hexdigest()


def changed_network() -> bytes:
    """Another model with the same inputs."""
    network = onnx.load_from_string(DATA)
    network.doc_string = "changed"
    return bytes(network.SerializeToString())


def archive(*names: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in names:
            packed.writestr(name, DATA)
    return held.getvalue()


def with_data(folder: Path) -> tuple[dict[str, bytes], str]:
    """The files of the same network with its weights beside it, and the hash that its card has."""
    folder.mkdir()
    network = onnx.load_from_string(DATA)
    onnx.save(network, folder / "net.onnx", save_as_external_data=True, location="net weights.bin")
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    return files, read_onnx_file(folder / "net.onnx").sha256


def naming(folder: Path, name: str) -> bytes:
    """That network, its weights under another name."""
    network = onnx.load(folder / "net.onnx", load_external_data=False)
    for tensor in network.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == "location":
                entry.value = name
    return bytes(network.SerializeToString())


class Server(http.server.BaseHTTPRequestHandler):
    """Serves by the path's first word how, and counts."""

    asked: ClassVar[list[str]] = []
    files: ClassVar[dict[str, bytes]] = {}

    def do_GET(self) -> None:
        Server.asked.append(self.path)
        how = self.path.split("/")[1]
        body = {
            "zip": archive("pack/net.onnx", "other.txt"),
            "evil": archive("pack/net.onnx", "../../outside.onnx"),
            "nozip": b"this is no archive",
            "files": Server.files.get(unquote(self.path.rsplit("/", 1)[-1])),
        }.get(how, DATA)
        if how == "404" or body is None:
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
    Server.asked, Server.files = [], {}
    monkeypatch.setattr(download, "_PAUSE_S", 0.01)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def model(**source: object) -> ModelCard:
    card = read_catalog().models["insightface-embedded"]
    return card.model_copy(update={"id": "net", "source": SourceSpec(file="net.onnx", **source)})


def get(card: ModelCard, folder: Path, *, trust: bool = False) -> Path:
    with Downloads(folder) as downloads:
        return get_weights(card, folder, downloads, trust_first_use=trust, say=lambda _: None)


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
    monkeypatch.setattr(download, "_PAUSE_S", 0.0)
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
        ("zip", "net.onnx", r"holds no 'net.onnx' \(it holds 'pack/net.onnx', 'other.txt'\)"),
    ],
)
def test_an_archive_that_is_not_what_it_should_be(
    server: str, tmp_path: Path, how: str, member: str, words: str
) -> None:
    folder = tmp_path / "weights"
    with pytest.raises(ModelError, match=words):
        get(model(url=f"{server}/{how}/pack.zip", member=member, sha256=DIGEST), folder)
    assert left_in(tmp_path) == ["weights"]


def test_another_member_than_the_cards_is_not_kept(server: str, tmp_path: Path) -> None:
    card = model(url=f"{server}/zip/pack.zip", member="pack/net.onnx", sha256="0" * 64)
    with pytest.raises(ModelError, match="is expected for net"):
        get(card, tmp_path)
    assert left_in(tmp_path) == []


def test_other_weights_that_are_there_are_neither_replaced_nor_used(
    server: str, tmp_path: Path
) -> None:
    mine = changed_network()
    (tmp_path / "net.onnx").write_bytes(mine)
    card = model(url=f"{server}/zip/pack.zip", member="pack/net.onnx", sha256=DIGEST)
    with pytest.raises(ModelError, match="move it away to get the published one"):
        get(card, tmp_path)
    assert (tmp_path / "net.onnx").read_bytes() == mine
    assert Server.asked == []


def test_an_archive_that_is_there_is_used_and_left(server: str, tmp_path: Path) -> None:
    (tmp_path / "pack.zip").write_bytes(archive("pack/net.onnx"))
    card = model(url=f"{server}/404/pack.zip", member="pack/net.onnx", sha256=DIGEST)
    assert get(card, tmp_path).read_bytes() == DATA
    assert left_in(tmp_path) == ["net.onnx", "pack.zip"]
    assert Server.asked == []


@pytest.mark.parametrize("how", ["evil", "nozip", "bomb"])
def test_a_bad_archive_that_is_there_is_said_and_left(tmp_path: Path, monkeypatch, how) -> None:
    monkeypatch.setattr("suite.models.weights.archive._LARGEST", 1 << 10)
    names = ("pack/net.onnx", "../x") if how == "evil" else ("pack/net.onnx",)
    data = b"no archive" if how == "nozip" else archive(*names)
    (tmp_path / "pack.zip").write_bytes(data)
    card = model(url="http://127.0.0.1:9/pack.zip", member="pack/net.onnx", sha256=DIGEST)
    with pytest.raises(ModelError, match=r"pack\.zip: (has a member outside|is no readable|'pack)"):
        get(card, tmp_path)
    assert left_in(tmp_path) == ["pack.zip"]


def test_what_is_no_model_is_neither_pinned_nor_kept(server: str, tmp_path: Path) -> None:
    card = model(url=f"{server}/nozip/net.onnx")
    with pytest.raises(ModelError, match=r"nozip/net\.onnx: what came is not a readable ONNX"):
        get(card, tmp_path, trust=True)
    assert left_in(tmp_path) == []
    (tmp_path / "net.onnx").write_bytes(b"")
    with pytest.raises(ModelError, match="it is empty; copy or download it"):
        get(card, tmp_path, trust=True)
    (tmp_path / "net.onnx").write_bytes((SOURCE.parent / "facenet.onnx").read_bytes())
    with pytest.raises(ModelError, match="takes no images of 112 × 112 in NCHW"):
        get(card, tmp_path, trust=True)
    assert left_in(tmp_path) == ["net.onnx"]


def test_a_pin_outlives_its_file(server: str, tmp_path: Path) -> None:
    pin(tmp_path / "net.onnx", "0" * 64)
    with pytest.raises(ModelError, match=r"pins\.json beside it, of the first use, says 0000"):
        get(model(url=f"{server}/plain/net.onnx"), tmp_path, trust=True)
    assert left_in(tmp_path) == [PINS]
    assert pinned(tmp_path / "net.onnx") == "0" * 64


def test_a_checkpoint_that_cannot_be_exported_is_fetched_anew(
    server: str, tmp_path: Path, monkeypatch
) -> None:
    def export(checkpoint, architecture, target) -> None:
        if checkpoint.read_bytes() != DATA:
            raise ModelError("no checkpoint")
        target.write_bytes(DATA)

    monkeypatch.setattr(installer, "exporter", lambda _: export)
    checkpoint = CheckpointSpec(file="net.pt", architecture="iresnet50")
    with pytest.raises(ModelError, match="no checkpoint"):
        get(model(url=f"{server}/nozip/net.pt", checkpoint=checkpoint), tmp_path, trust=True)
    assert left_in(tmp_path) == []
    get(model(url=f"{server}/plain/net.pt", checkpoint=checkpoint), tmp_path, trust=True)
    assert left_in(tmp_path) == ["net.onnx", "net.pt", PINS]
    assert pinned(tmp_path / "net.pt") == DIGEST


def test_pins_of_several_processes_are_all_kept(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from suite.models.pins import pin\n"
    code += "[pin(Path(sys.argv[1]) / f'{sys.argv[2]}{n}', '0' * 64) for n in range(20)]"
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path), name]) for name in "abcd"
    ]
    assert [process.wait() for process in running] == [0] * 4
    assert all(pinned(tmp_path / f"{name}{n}") for name in "abcd" for n in range(20))


@pytest.mark.parametrize("folder", ["a-file", "a-file/below"])
def test_a_folder_that_cannot_be_is_said(tmp_path: Path, folder: str) -> None:
    (tmp_path / "a-file").write_text("x")
    with pytest.raises(ModelError, match="cannot write weights there"):
        get(model(url="http://127.0.0.1:9/net.onnx", sha256=DIGEST), tmp_path / folder)


@pytest.mark.parametrize("suffix", ["", ".json", ".lock"])
def test_what_lies_in_the_way_of_a_download_is_named(
    server: str, tmp_path: Path, suffix: str
) -> None:
    url = f"{server}/plain/net.onnx"
    partial = Partial(tmp_path, url).path
    taken = partial.with_name(partial.name + suffix)
    taken.mkdir()
    with pytest.raises(ModelError, match=rf"move '{taken}' out of the way"):
        get(model(url=url, sha256=DIGEST), tmp_path)


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
    (tmp_path / "net.onnx").write_bytes(changed_network())
    with pytest.raises(ModelError, match=rf"{DIGEST} is expected for net.*trust it anew: delete"):
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
    assert left_in(tmp_path) == ["net.pt"]


def test_what_a_killed_export_left_is_removed(tmp_path: Path, monkeypatch) -> None:
    def export(_: Path, __: str, target: Path) -> float:
        target.write_bytes(DATA)
        return 0.0

    monkeypatch.setattr(installer, "exporter", lambda _: export)
    (tmp_path / "net.pt").write_bytes(b"weights")
    fresh_beside(tmp_path / "net.onnx").write_bytes(DATA[:100])
    checkpoint = CheckpointSpec(file="net.pt", architecture="iresnet50")
    get(model(page="https://example.org", checkpoint=checkpoint), tmp_path, trust=True)
    assert [name for name in left_in(tmp_path) if not name.endswith(".json")] == [
        "net.onnx",
        "net.pt",
    ]


def test_an_export_that_is_killed_as_it_is_put_there_needs_no_trust_anew(
    tmp_path: Path, monkeypatch
) -> None:
    exported: list[Path] = []

    def export(_: Path, __: str, target: Path) -> float:
        target.write_bytes(DATA)
        exported.append(target)
        return 0.0

    def killed(path: Path, digest: str, published: str | None) -> None:
        pin_new(path, digest, published)
        # What a kill at this moment leaves.
        if path.name == "net.onnx":
            assert not path.exists()
            path.write_bytes(exported[0].read_bytes())
            raise KeyboardInterrupt

    (tmp_path / "net.pt").write_bytes(b"weights")
    digest = hashlib.sha256(b"weights").hexdigest()
    checkpoint = CheckpointSpec(file="net.pt", architecture="iresnet50", sha256=digest)
    card = model(page="https://example.org", checkpoint=checkpoint)
    monkeypatch.setattr(installer, "exporter", lambda _: export)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(installer, "pin_new", killed)
        get(card, tmp_path)
    assert get(card, tmp_path).read_bytes() == DATA
    assert len(exported) == 1


def test_a_file_that_only_a_human_can_get_says_where(tmp_path: Path) -> None:
    checkpoint = CheckpointSpec(file="net.pt", architecture="iresnet50")
    card = model(page="https://example.org/zoo", checkpoint=checkpoint)
    with pytest.raises(ModelError, match=r"download it by hand from https://example\.org/zoo into"):
        get(card, tmp_path, trust=True)


def test_a_card_without_hash_and_origin_is_refused() -> None:
    with pytest.raises(ValueError, match="needs sha256"):
        SourceSpec(file="net.onnx")


def test_an_addresss_data_files_come_with_the_model(server: str, tmp_path: Path) -> None:
    Server.files, digest = with_data(tmp_path / "published")
    card = model(url=f"{server}/files/net.onnx", sha256=digest)
    got = get(card, tmp_path / "weights")
    assert {path.name: path.read_bytes() for path in got.parent.glob("net*")} == Server.files
    assert read_onnx_file(got).sha256 == digest
    assert left_in(tmp_path / "weights") == ["net weights.bin", "net.onnx"]
    assert get(card, tmp_path / "weights") == got


@pytest.mark.parametrize("damage", ["changed", "absent"])
def test_other_or_absent_data_leaves_nothing(server: str, tmp_path: Path, damage: str) -> None:
    Server.files, digest = with_data(tmp_path / "published")
    words = "the server answered 404"
    if damage == "changed":
        Server.files["net weights.bin"] = Server.files["net weights.bin"][::-1]
        words = "came with the SHA-256"
    else:
        del Server.files["net weights.bin"]
    with pytest.raises(ModelError, match=words):
        get(model(url=f"{server}/files/net.onnx", sha256=digest), tmp_path / "weights")
    assert left_in(tmp_path / "weights") == []


def test_an_archives_data_files_come_with_the_member(server: str, tmp_path: Path) -> None:
    files, digest = with_data(tmp_path / "published")
    (tmp_path / "weights").mkdir()
    with zipfile.ZipFile(tmp_path / "weights/pack.zip", "w") as packed:
        for name, data in files.items():
            packed.writestr(f"pack/{name}", data)
    card = model(url=f"{server}/zip/pack.zip", member="pack/net.onnx", sha256=digest)
    assert read_onnx_file(get(card, tmp_path / "weights")).sha256 == digest
    assert left_in(tmp_path / "weights") == ["net weights.bin", "net.onnx", "pack.zip"]


def test_another_models_data_is_not_written_over(server: str, tmp_path: Path) -> None:
    Server.files, digest = with_data(tmp_path / "published")
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights/net weights.bin").write_bytes(b"another model's")
    with pytest.raises(ModelError, match="another model's data is there"):
        get(model(url=f"{server}/files/net.onnx", sha256=digest), tmp_path / "weights")
    assert left_in(tmp_path / "weights") == ["net weights.bin"]


@pytest.mark.parametrize("way", ["file", "archive"])
@pytest.mark.parametrize(
    "name",
    [
        *(PINS, "PINS.JSON", f".{PINS}.lock", "sub/.hidden", "other.onnx", "sub/../other.onnx"),
        *("conftest.py", "evil.toml", "modes/int8.TOML", "x.pth", "pytest.ini", "libx.so.1"),
        *("sub/Makefile", "fp32.json"),
    ],
)
def test_a_models_data_takes_no_name_that_other_files_have(
    server: str, tmp_path: Path, name: str, way: str
) -> None:
    """Else a download writes what is trusted, or what another card takes for its own."""
    files, _ = with_data(tmp_path / "published")
    named = {"net.onnx": naming(tmp_path / "published", name), name: files["net weights.bin"]}
    weights = tmp_path / "weights"
    weights.mkdir()
    with zipfile.ZipFile(weights / "pack.zip", "w") as packed:
        for each, data in named.items():
            packed.writestr(each, data)
    Server.files = {Path(each).name: data for each, data in named.items()}
    member = {"member": "net.onnx"} if way == "archive" else {}
    card = model(url=f"{server}/files/{'pack.zip' if member else 'net.onnx'}", **member)
    with (
        Downloads(weights) as downloads,
        pytest.raises(
            ModelError,
            match=r"name that other files have here|outside its folder|read or run by programs",
        ),
    ):
        get_weights(
            card,
            weights,
            downloads,
            kept=[weights / "other.onnx"],
            trust_first_use=True,
            say=lambda _: None,
        )
    assert left_in(weights) == ["pack.zip"]


@pytest.mark.parametrize("name", ["net.onnx", "./net.onnx", ".", "./", "net.onnx/x"])
def test_a_model_that_names_itself_as_its_data_is_refused(
    server: str, tmp_path: Path, name: str
) -> None:
    with_data(tmp_path / "published")
    Server.files = {"net.onnx": naming(tmp_path / "published", name)}
    card = model(url=f"{server}/files/net.onnx")
    with pytest.raises(ModelError, match="names itself or its folder as its external data"):
        get(card, tmp_path / "weights", trust=True)
    assert left_in(tmp_path / "weights") == []


def test_a_model_with_data_is_pinned_with_it(server: str, tmp_path: Path) -> None:
    Server.files, digest = with_data(tmp_path / "published")
    got = get(model(url=f"{server}/files/net.onnx"), tmp_path / "weights", trust=True)
    assert pinned(got) == digest
