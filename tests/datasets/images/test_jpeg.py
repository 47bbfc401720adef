"""A JPEG's segments, and the damage that libjpeg goes over."""

import os
import re
import signal
import time

import cv2
import numpy as np
import pytest

from suite.catalog.errors import DatasetError
from suite.datasets.images import apart
from suite.datasets.images.decoder import decode
from suite.datasets.images.header import inspect
from suite.datasets.images.image_file import Unfit

FACE = cv2.GaussianBlur(np.random.default_rng(1).integers(0, 256, (56, 56, 3), np.uint8), (0, 0), 3)
PASSES, RESTARTS = [cv2.IMWRITE_JPEG_PROGRESSIVE, 1], [cv2.IMWRITE_JPEG_RST_INTERVAL, 2]
WAYS = {"plain": [], "restarts": RESTARTS, "passes": PASSES, "both": [*PASSES, *RESTARTS]}


def encoded(way: str) -> bytes:
    return bytes(cv2.imencode(".jpg", FACE, WAYS[way])[1])


@pytest.mark.parametrize("way", WAYS)
def test_a_jpeg_cut_anywhere_is_refused_or_whole(way, capfd):
    data = encoded(way)
    whole = decode(data, "face")
    scan = data.index(b"\xff\xda")
    # Just after a marker's first byte and a whole marker too: all places where 0xFF is near.
    places = [place for place in range(scan, len(data)) if b"\xff" in data[place - 3 : place + 2]]
    assert places
    for place in [*places, *range(scan, len(data), 31)]:
        try:
            image = decode(data[:place], "face")
        except DatasetError as error:
            assert "cut short" in str(error) or "damaged" in str(error)
        else:
            np.testing.assert_array_equal(image, whole)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("way", WAYS)
def test_a_jpeg_with_a_hole_is_refused(way, capfd):
    data = encoded(way)
    scan = data.index(b"\xff\xda") + 20
    for hole in (60, 200):
        with pytest.raises(DatasetError, match=r"face: this JPEG (is|of [\d,]+ bytes is) "):
            decode(data[: scan + 100] + data[scan + 100 + hole :], "face")
    assert capfd.readouterr().err == ""


def test_libjpegs_own_words_say_what_is_damaged(capfd):
    data = encoded("plain")
    with pytest.raises(DatasetError) as caught:
        decode(data[:-2] + data[-200:], "face")
    assert re.fullmatch(
        r"face: this JPEG is damaged: libjpeg says 'Corrupt JPEG data: \d+ extraneous bytes before "
        "marker 0xd9'; fetch the image again.",
        str(caught.value),
    )
    assert capfd.readouterr().err == ""


def many_scans(scans: int, side: int) -> bytes:
    """A grey JPEG in passes whose last scan is there so often; each goes over all its blocks."""
    flat = np.zeros((side, side), np.uint8)
    data = bytes(cv2.imencode(".jpg", flat, PASSES)[1])
    last = data.rindex(b"\xff\xda")
    # A scan that refines a coefficient that is nought changes nothing, however often it comes.
    scan = data[last:-2]
    return data[:last] + scan * scans + b"\xff\xd9"


def test_a_jpeg_of_thousands_of_scans_is_refused_before_it_is_decoded():
    begun = time.process_time()
    for data, scans in ((many_scans(3000, 512), 3005), (many_scans(60, 5000), 65)):
        with pytest.raises(DatasetError, match=rf"face: this JPEG has {scans:,} scans, each of wh"):
            decode(data, "face")
    assert time.process_time() - begun < 2
    few = many_scans(10, 512)
    assert inspect(few).width == 512


def test_a_frame_without_a_scan_is_cut_short():
    data = encoded("plain")
    with pytest.raises(Unfit, match="this JPEG is cut short"):
        inspect(data[: data.index(b"\xff\xda")] + b"\xff\xd9")


def test_an_image_that_ends_the_decoder_is_refused_and_the_next_one_read(monkeypatch):
    data = bytes(cv2.imencode(".jpg", FACE[::-1])[1])

    class Ended(apart._Decoder):
        def decode(self, data, flags):
            self._process.kill()
            return super().decode(data, flags)

    monkeypatch.setattr(apart, "_DECODERS", apart._Decoders())
    monkeypatch.setattr(apart, "_Decoder", Ended)
    with pytest.raises(DatasetError) as caught:
        decode(data, "face")
    assert str(caught.value) == (
        "face: this JPEG ended the process that decodes it (signal 9); replace it."
    )
    monkeypatch.undo()
    assert decode(data, "face").shape == (56, 56, 3)


def test_an_image_that_takes_for_ever_is_refused(monkeypatch):
    class Stopped(apart._Decoder):
        def decode(self, data, flags):
            self._process.send_signal(signal.SIGSTOP)
            return super().decode(data, flags)

    monkeypatch.setattr(apart, "_DECODERS", apart._Decoders())
    monkeypatch.setattr(apart, "_Decoder", Stopped)
    monkeypatch.setattr(apart, "_LONGEST_S", 0.2)
    with pytest.raises(
        DatasetError, match=r"face: this JPEG ended the process .* \(signal 9\); repla"
    ):
        decode(bytes(cv2.imencode(".jpg", FACE[:, ::-1])[1]), "face")


def test_a_decoder_that_was_ended_meanwhile_is_replaced(monkeypatch):
    decoders = apart._Decoders()
    assert decoders.decode(encoded("plain"), cv2.IMREAD_COLOR).pixels is not None
    (waiting,) = decoders._idle
    waiting._process.kill()
    waiting._process.wait()
    assert decoders.decode(encoded("plain"), cv2.IMREAD_COLOR).pixels is not None
    assert decoders._idle != [waiting]
    decoders.end()


def test_a_forked_process_has_decoders_of_its_own():
    data, asked = encoded("passes"), cv2.IMREAD_COLOR
    assert apart.decode_apart(data, asked).pixels is not None
    child = os.fork()
    if not child:
        image = apart.decode_apart(data, asked).pixels
        os._exit(0 if image is not None and image.shape == FACE.shape else 1)
    for _ in range(20):
        assert apart.decode_apart(data, asked).pixels is not None
    assert os.waitpid(child, 0)[1] == 0


def test_what_is_known_to_be_sound_is_decoded_here_to_the_same_pixels(monkeypatch):
    data = encoded("both")
    first = decode(data, "face")
    monkeypatch.setattr("suite.datasets.images.decoder.decode_apart", lambda *_: pytest.fail("no"))
    np.testing.assert_array_equal(decode(data, "face"), first)
