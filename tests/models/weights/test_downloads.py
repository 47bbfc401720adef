"""Downloads that break, go on, change meanwhile, and come from mirrors and Hugging Face."""

import hashlib
import io
import os
import random
import socket
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest
from file_server import Files, serving

from suite.catalog.errors import ModelError
from suite.catalog.folder import read_catalog
from suite.catalog.model_card import ModelCard
from suite.catalog.source import SourceSpec
from suite.models.weights import download
from suite.models.weights.download import _refuse_downgrade
from suite.models.weights.downloads import Downloads, web_address
from suite.models.weights.installer import get_weights
from suite.models.weights.meter import Meter
from suite.models.weights.partial import Partial

EMBEDDED = Path(__file__).resolve().parents[3] / "fixtures" / "embedded"
DATA = (EMBEDDED / "insightface.onnx").read_bytes()
DIGEST = hashlib.sha256(DATA).hexdigest()
BODY = random.Random(1).randbytes(1_000_003)


@pytest.fixture
def files(monkeypatch) -> Iterator[Files]:
    monkeypatch.setattr(download, "_PAUSE_S", 0.01)
    with serving() as running:
        running.content = {"/a.bin": BODY, "/net.onnx": DATA}
        yield running


def model(**source: object) -> ModelCard:
    card = read_catalog().models["insightface-embedded"]
    return card.model_copy(update={"id": "net", "source": SourceSpec(**source)})


def bring(folder: Path, url: str) -> bytes:
    with Downloads(folder) as downloads, downloads.file(url) as path:
        return path.read_bytes()


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*"))


def test_a_download_goes_on_where_the_connection_broke(files: Files, tmp_path: Path) -> None:
    files.cut_after = 300_000
    assert bring(tmp_path, f"{files.address}/a.bin") == BODY
    asked = [wanted for _, wanted in files.asked]
    assert asked[0] == ""
    starts = [int(wanted.removeprefix("bytes=").rstrip("-")) for wanted in asked[1:]]
    assert starts == [300_000, 600_000, 900_000]
    assert left_in(tmp_path) == []


def test_the_next_command_goes_on_with_what_a_killed_one_left(files: Files, tmp_path: Path) -> None:
    partial = Partial(tmp_path, f"{files.address}/a.bin")
    partial.begin('"1"', len(BODY))
    partial.path.write_bytes(BODY[:400_000])
    assert bring(tmp_path, partial.url) == BODY
    assert files.asked == [("/a.bin", "bytes=400000-")]


def test_what_is_whole_is_not_asked_for_again(files: Files, tmp_path: Path) -> None:
    partial = Partial(tmp_path, f"{files.address}/a.bin")
    partial.begin('"1"', len(BODY))
    partial.path.write_bytes(BODY)
    assert bring(tmp_path, partial.url) == BODY
    assert files.asked == []


def test_what_broke_off_for_good_stays_for_the_next_command(files: Files, tmp_path: Path) -> None:
    files.cut_after = 0
    partial = Partial(tmp_path, f"{files.address}/a.bin")
    partial.begin('"1"', len(BODY))
    partial.path.write_bytes(BODY[: 1 << 19])
    with pytest.raises(ModelError, match=r"3 times\); run it again to go on from 0\.5 MiB"):
        bring(tmp_path, partial.url)
    assert len(files.asked) == 3
    assert partial.size == 1 << 19
    files.cut_after = None
    assert bring(tmp_path, partial.url) == BODY


@pytest.mark.parametrize("obeys", [True, False])
def test_a_file_that_changed_comes_whole(files: Files, tmp_path: Path, obeys: bool) -> None:
    partial = Partial(tmp_path, f"{files.address}/a.bin")
    partial.begin('"0"', len(BODY))
    partial.path.write_bytes(b"\0" * 400_000)
    files.obeys = obeys
    assert bring(tmp_path, partial.url) == BODY
    assert files.asked[-1][1] == ("bytes=400000-" if obeys else "")


@pytest.mark.parametrize("size", [len(BODY) - 1, len(BODY), 10])
def test_a_file_that_became_shorter_comes_whole(files: Files, tmp_path: Path, size: int) -> None:
    partial = Partial(tmp_path, f"{files.address}/a.bin")
    partial.begin('"0"', 2 * len(BODY))
    partial.path.write_bytes(b"\0" * (size + 1))
    files.content["/a.bin"] = BODY[:size]
    files.obeys = False
    assert bring(tmp_path, partial.url) == BODY[:size]


@pytest.mark.parametrize("tag", ["", 'W/"1"'])
def test_without_a_strong_tag_a_broken_download_begins_anew(
    files: Files, tmp_path: Path, tag: str
) -> None:
    files.tag, files.cut_after = tag, 600_000
    with pytest.raises(ModelError, match=r"ChunkedEncodingError, 3 times|ConnectionError, 3 times"):
        bring(tmp_path, f"{files.address}/a.bin")
    assert [wanted for _, wanted in files.asked] == [""] * 3
    assert left_in(tmp_path) == []


@pytest.mark.parametrize("tag", ["", '"1"', '"²"'])
def test_a_file_of_no_said_length_comes_twice_if_asked(
    files: Files, tmp_path: Path, tag: str
) -> None:
    files.lengthless, files.tag = True, tag
    with Downloads(tmp_path) as downloads:
        for _ in range(2):
            with downloads.file(f"{files.address}/a.bin") as path:
                assert path.read_bytes() == BODY
    assert len(files.asked) == 1
    assert left_in(tmp_path) == []


@pytest.mark.parametrize("lengthless", [True, False])
def test_what_would_fill_the_disk_is_not_kept(
    files: Files, tmp_path: Path, monkeypatch, lengthless: bool
) -> None:
    monkeypatch.setattr(download, "_LARGEST", len(BODY) - 1)
    files.lengthless = lengthless
    with pytest.raises(ModelError, match="it is larger than 0 GiB"):
        bring(tmp_path, f"{files.address}/a.bin")
    assert len(files.asked) == 1
    assert left_in(tmp_path) == []


def test_a_server_without_ranges_sends_the_whole(files: Files, tmp_path: Path) -> None:
    partial = Partial(tmp_path, f"{files.address}/a.bin")
    partial.begin('"1"', len(BODY))
    partial.path.write_bytes(BODY[:400_000])
    files.ranges = False
    assert bring(tmp_path, partial.url) == BODY


@pytest.mark.parametrize("damage", ["note", "other", "long", "none", "tag"])
def test_a_part_of_which_too_little_is_known_is_not_gone_on_with(
    files: Files, tmp_path: Path, damage: str
) -> None:
    partial = Partial(tmp_path, f"{files.address}/a.bin")
    partial.begin('"1"', 1000 if damage == "long" else len(BODY))
    partial.path.write_bytes(b"\0" * 2000)
    note = partial.path.with_name(f"{partial.path.name}.json")
    if damage == "note":
        note.write_text("{")
    elif damage == "other":
        note.write_text(note.read_text().replace("a.bin", "b.bin"))
    elif damage == "tag":
        note.write_text(note.read_text().replace("1", "\u0416", 1))
    elif damage == "none":
        note.unlink()
    assert bring(tmp_path, partial.url) == BODY
    assert files.asked == [("/a.bin", "")]


@pytest.mark.parametrize("size", [len(DATA) // 2, len(DATA)])
def test_a_part_that_was_damaged_is_fetched_anew_once(
    files: Files, tmp_path: Path, size: int
) -> None:
    card = model(file="net.onnx", url=f"{files.address}/net.onnx", sha256=DIGEST)
    partial = Partial(tmp_path, f"{files.address}/net.onnx")
    partial.begin('"1"', len(DATA))
    partial.path.write_bytes(b"\0" * size)
    with Downloads(tmp_path) as downloads:
        got = get_weights(card, tmp_path, downloads, trust_first_use=False, say=print)
    assert got.read_bytes() == DATA
    assert files.asked[-1] == ("/net.onnx", "")
    assert len(files.asked) == (2 if size < len(DATA) else 1)
    assert left_in(tmp_path) == ["net.onnx"]


def test_a_file_that_is_gone_leaves_nothing(files: Files, tmp_path: Path) -> None:
    partial = Partial(tmp_path, f"{files.address}/gone.bin")
    partial.begin('"1"', 9)
    partial.path.write_bytes(b"part")
    with pytest.raises(ModelError, match=r"the server answered 404\); try later"):
        bring(tmp_path, partial.url)
    assert left_in(tmp_path) == []


def test_a_redirect_is_followed_also_in_the_middle(files: Files, tmp_path: Path) -> None:
    files.moved = {"/release/a.bin": "/a.bin"}
    files.cut_after = 700_000
    assert bring(tmp_path, f"{files.address}/release/a.bin") == BODY
    assert [path for path, _ in files.asked] == ["/release/a.bin", "/a.bin"] * 2


def test_redirects_without_an_end_are_said(files: Files, tmp_path: Path) -> None:
    files.moved = {"/a.bin": "/a.bin", "/b.bin": "ftp://127.0.0.1/b.bin"}
    with pytest.raises(ModelError, match=r"cannot be downloaded \(TooManyRedirects\)"):
        bring(tmp_path, f"{files.address}/a.bin")
    with pytest.raises(ModelError, match=r"cannot be downloaded \(InvalidSchema\)"):
        bring(tmp_path, f"{files.address}/b.bin")
    assert left_in(tmp_path) == []


def test_no_way_leads_from_https_to_http() -> None:
    def answer(*way: str) -> SimpleNamespace:
        each = [SimpleNamespace(url=url) for url in way]
        return SimpleNamespace(url=way[-1], history=each[:-1])

    _refuse_downgrade(answer("http://a", "https://b"))
    with pytest.raises(ModelError, match=r"https://a: leads to plain HTTP \(http://b\)"):
        _refuse_downgrade(answer("https://a", "http://b", "https://c"))


def test_a_link_in_the_place_of_a_part_is_not_written_through(files: Files, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("mine")
    partial = Partial(tmp_path / "weights", f"{files.address}/a.bin")
    partial.begin('"1"', len(BODY))
    partial.path.symlink_to(outside)
    assert bring(tmp_path / "weights", partial.url) == BODY
    assert outside.read_text() == "mine"
    with pytest.raises(OSError):
        partial.path.symlink_to(outside)
        partial.append()


@pytest.mark.parametrize("name", ["sub/net.onnx", "../net.onnx"])
def test_no_place_outside_the_folder_is_written(files: Files, tmp_path: Path, name: str) -> None:
    (tmp_path / "weights").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "weights" / "sub").symlink_to(tmp_path / "elsewhere")
    card = model(file=name, url=f"{files.address}/net.onnx", sha256=DIGEST)
    with Downloads(tmp_path / "weights") as downloads, pytest.raises(ModelError, match="outside"):
        get_weights(card, tmp_path / "weights", downloads, trust_first_use=False, say=print)
    assert files.asked == []
    assert left_in(tmp_path / "elsewhere") == []


def test_two_models_of_one_archive_fetch_it_once(files: Files, tmp_path: Path) -> None:
    held = io.BytesIO()
    other = (EMBEDDED / "arcface.onnx").read_bytes()
    with zipfile.ZipFile(held, "w") as packed:
        packed.writestr("pack/a.onnx", DATA)
        packed.writestr("pack/b.onnx", other)
    files.content["/pack.zip"] = held.getvalue()
    address = f"{files.address}/pack.zip"
    cards = [
        model(
            file=f"{n}.onnx",
            url=address,
            member=f"pack/{n}.onnx",
            sha256=hashlib.sha256(data).hexdigest(),
        )
        for n, data in (("a", DATA), ("b", other))
    ]
    with Downloads(tmp_path) as downloads:
        for card in cards:
            get_weights(card, tmp_path, downloads, trust_first_use=False, say=print)
    assert [path for path, _ in files.asked] == ["/pack.zip"]
    assert left_in(tmp_path) == ["a.onnx", "b.onnx"]


def test_two_that_want_the_same_address_wait_for_each_other(files: Files, tmp_path: Path) -> None:
    got: list[bytes] = []

    def fetch() -> None:
        got.append(bring(tmp_path, f"{files.address}/a.bin"))

    threads = [threading.Thread(target=fetch) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [BODY] * 4
    assert left_in(tmp_path) == []


def test_an_address_is_asked_for_as_the_card_has_it(files: Files, tmp_path: Path) -> None:
    files.content["/a%20net.onnx?download=true"] = DATA
    url = f"{files.address}/a%20net.onnx?download=true"
    with Downloads(tmp_path) as downloads:
        card = model(file="net.onnx", url=url, sha256=DIGEST)
        get_weights(card, tmp_path, downloads, trust_first_use=False, say=print)
    assert left_in(tmp_path) == ["net.onnx"]


def test_mirrors_are_tried_in_their_order(files: Files, tmp_path: Path) -> None:
    files.content["/wrong.onnx"] = DATA[:-1] + b"x"
    first, wrong, right = (f"{files.address}/{n}.onnx" for n in ("gone", "wrong", "net"))
    card = model(file="net.onnx", url=first, urls=(wrong, right), sha256=DIGEST)
    with Downloads(tmp_path) as downloads:
        got = get_weights(card, tmp_path, downloads, trust_first_use=False, say=print)
    assert got.read_bytes() == DATA
    assert [path for path, _ in files.asked] == ["/gone.onnx", "/wrong.onnx", "/net.onnx"]
    assert left_in(tmp_path) == ["net.onnx"]


def test_where_no_mirror_gives_it_one_sentence_names_all(files: Files, tmp_path: Path) -> None:
    files.content["/wrong.onnx"] = DATA[:-1] + b"x"
    files.status["/busy.onnx"] = 503
    urls = tuple(f"{files.address}/{n}.onnx" for n in ("gone", "busy", "wrong"))
    card = model(file="net.onnx", urls=urls, sha256=DIGEST)
    with Downloads(tmp_path) as downloads, pytest.raises(ModelError) as raised:
        get_weights(card, tmp_path, downloads, trust_first_use=False, say=print)
    said = str(raised.value)
    assert said.startswith(f"none of 3 addresses gave it: {urls[0]}: the server answered 404; ")
    assert f"{urls[1]}: the server answered 503, 3 times; {urls[2]}: came with the SHA-256" in said
    assert left_in(tmp_path) == []


def test_one_address_says_its_own_error(tmp_path: Path) -> None:
    def take(url: str) -> None:
        raise ModelError(where=url, what="is wrong.")

    with pytest.raises(ModelError, match=r"^http://a: is wrong\.$"):
        Downloads(tmp_path).from_first(["http://a"], take)


@pytest.mark.parametrize(
    "mirror",
    [
        *("http://[zz", "file:///etc", "mirror.example.org", "https://", "http://a:99999"),
        *("http://a:x", "http://a/?q=", "http://a#"),
    ],
)
def test_a_mirror_that_is_no_address_is_named(mirror: str, monkeypatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", mirror)
    with pytest.raises(ModelError, match=r"^HF_ENDPOINT: is no address of the web"):
        web_address("hf://ann/faces@v1.0/onnx/net.onnx")


def test_a_file_of_the_hub_comes_by_https_and_its_hash(
    files: Files, tmp_path: Path, monkeypatch
) -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    assert web_address(f"hf://ann/faces@{commit}/onnx/net.onnx") == (
        f"https://huggingface.co/ann/faces/resolve/{commit}/onnx/net.onnx"
    )
    monkeypatch.setenv("HF_ENDPOINT", f"{files.address}/")
    files.moved = {f"/ann/faces/resolve/{commit}/onnx/net.onnx": "/net.onnx"}
    card = model(file="net.onnx", url=f"hf://ann/faces@{commit}/onnx/net.onnx", sha256=DIGEST)
    with Downloads(tmp_path) as downloads:
        got = get_weights(card, tmp_path, downloads, trust_first_use=False, say=print)
    assert got.read_bytes() == DATA
    assert left_in(tmp_path) == ["net.onnx"]


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("hf://ann/faces/net.onnx", "must be hf://owner/name@revision/file"),
        ("hf://ann/faces@v1", "must be hf://owner/name@revision/file"),
        ("hf://ann/faces@v1/../x", "must be hf://owner/name@revision/file"),
        ("hf://../faces@v1/x", "must be hf://owner/name@revision/file"),
        ("hf://ann/faces@main/net.onnx", "names a branch, whose files change"),
        ("ftp://ann/net.onnx", "should match pattern"),
    ],
)
def test_an_address_without_a_fixed_file_is_refused(address: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        SourceSpec(file="net.onnx", url=address, sha256=DIGEST)


def test_a_card_with_an_address_of_the_hub_has_the_hash() -> None:
    with pytest.raises(ValueError, match="has an hf:// address and no sha256"):
        SourceSpec(file="net.onnx", urls=("hf://ann/faces@v1/net.onnx",))


def test_a_member_outside_its_archive_is_refused() -> None:
    with pytest.raises(ValueError, match="has a member outside its archive's folder"):
        SourceSpec(file="net.onnx", url="http://a/x.zip", member="../net.onnx")


def test_the_meter_says_how_far_it_is_and_how_long_it_takes() -> None:
    said, now = io.StringIO(), [0.0]
    meter = Meter(said, lambda: now[0])
    meter.begin("pack.zip", 100 << 20, 400 << 20)
    for _ in range(3):
        now[0] += 1.0
        meter.advance(20 << 20)
    meter.end()
    lines = said.getvalue().split("\r")
    assert lines[1].rstrip() == "pack.zip: 30%, 120.0 of 400.0 MiB, 20.0 MiB/s, 0:14 left"
    assert lines[3].rstrip() == "pack.zip: 40%, 160.0 of 400.0 MiB, 20.0 MiB/s, 0:12 left"
    assert said.getvalue().endswith("\n")


def test_the_meter_is_silent_without_a_terminal_and_knows_no_total(monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    said, now = io.StringIO(), [0.0]
    for stream in (None, said):
        meter = Meter(stream, lambda: now[0])
        meter.begin("a-long-name-of-a-file.onnx", 0, None)
        now[0] += 1
        meter.advance(1 << 20)
        meter.end()
    assert max(map(len, said.getvalue().strip("\n").split("\r"))) == 19


def test_a_folder_that_cannot_be_written_is_no_network_error(
    files: Files, tmp_path: Path, monkeypatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "open", full)
    with pytest.raises(OSError, match="No space left"):
        bring(tmp_path, f"{files.address}/a.bin")


def test_a_server_that_dribbles_is_given_up(files: Files, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(download, "_WHILE_S", 0.2)
    monkeypatch.setattr(download, "_FEWEST_BYTES", len(BODY))
    files.content["/a.bin"] = bytes(20)
    files.piece_bytes, files.piece_s = 1, 0.1
    begun = time.monotonic()
    with pytest.raises(ModelError, match=r"\(\d+ bytes came in 0.2 s, 3 times\)"):
        bring(tmp_path, f"{files.address}/a.bin")
    assert time.monotonic() - begun < 10


def test_a_server_that_gives_a_little_a_time_is_given_up(
    files: Files, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(download, "_PAUSE_S", 0.0)
    monkeypatch.setattr(download, "_MOST_TRIES", 5)
    for count, tries in ((1, 3), (70_000, 5)):
        files.cut_after = count
        files.asked.clear()
        with pytest.raises(ModelError, match="cannot be downloaded"):
            bring(tmp_path / str(count), f"{files.address}/a.bin")
        assert len(files.asked) == tries


def test_what_has_no_said_length_has_a_limit(files: Files, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(download, "_LARGEST_UNSAID", len(BODY) - 1)
    assert bring(tmp_path, f"{files.address}/a.bin") == BODY
    files.lengthless = True
    with pytest.raises(ModelError, match="it is larger than 0 GiB"):
        bring(tmp_path, f"{files.address}/a.bin")
    assert left_in(tmp_path) == []


def test_more_than_the_server_said_is_not_kept(files: Files, tmp_path: Path) -> None:
    files.more = b"x" * 1000
    assert bring(tmp_path, f"{files.address}/a.bin") == BODY


@pytest.mark.parametrize(
    "url",
    ["http://[/a", "http://[::1/a", "http:///x", "http://\u2100.com/x", f"http://{'a' * 64}/x"],
)
def test_an_address_without_a_server_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="must name a server as http://server/file does"):
        SourceSpec(file="a.onnx", url=url)


def test_an_address_has_an_end() -> None:
    with pytest.raises(ValueError, match="must have at most 2,000 characters"):
        SourceSpec(file="a.onnx", url=f"http://server/{'a' * 2000}")


@pytest.mark.parametrize("there", [f"http://{'a' * 300}/x", "http://[/x", "http://a:99999999/x"])
def test_a_way_to_no_server_is_said(files: Files, tmp_path: Path, there: str) -> None:
    files.moved["/a.bin"] = there
    with pytest.raises(ModelError, match=r"a\.bin: cannot be downloaded \(") as caught:
        bring(tmp_path, f"{files.address}/a.bin")
    assert str(caught.value).isprintable()
    assert len(files.asked) == 1


@pytest.mark.parametrize(
    "proxy", ["http://127.0.0.1:1", "http://", ":::", "http://[::1", "ftp://a"]
)
def test_a_proxy_that_gives_nothing_is_named(
    files: Files, tmp_path: Path, monkeypatch, proxy: str
) -> None:
    for name in ("no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", proxy)
    with pytest.raises(ModelError, match="look at the proxy that HTTPS_PROXY or HTTP_PROXY names"):
        bring(tmp_path, f"{files.address}/a.bin")


def test_no_password_of_an_address_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        bring(tmp_path, "http://ann:secret@127.0.0.1:1/a.bin")
    assert str(caught.value).startswith("http://…@127.0.0.1:1/a.bin: cannot be downloaded")


def test_a_head_that_comes_letter_by_letter_is_given_up(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(download, "_WHILE_S", 0.3)
    monkeypatch.setattr(download, "_PAUSE_S", 0.0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        ended = threading.Event()

        def drip() -> None:
            with suppress(OSError):
                while not ended.is_set():
                    asked, _ = server.accept()
                    threading.Thread(target=letters, args=(asked,), daemon=True).start()

        def letters(asked: socket.socket) -> None:
            with asked, suppress(OSError):
                for letter in b"HTTP/1.1 200 OK\r\nX: " + b"a" * 1000:
                    asked.send(bytes([letter]))
                    if ended.wait(0.05):
                        return

        threading.Thread(target=drip, daemon=True).start()
        with pytest.raises(ModelError, match=r"no whole answer came in 0.3 s, 3 times"):
            bring(tmp_path, f"http://127.0.0.1:{server.getsockname()[1]}/a.bin")
        ended.set()
