"""Looking at files in other processes: the same results, and no file that holds up or ends this one."""

import sys
import threading
import time

import numpy as np
import pytest
from PIL import Image

from featx_core.images.decoding import ImageError, decode, examine
from featx_core.images.examiners import EXAMINERS, Examiner, Examiners
from featx_core.images.fitting import FITS, fit_image
from featx_core.images.rendering.choice import Rendering
from featx_core.workspace.workspace import Workspace
from tests.toys.files.odd_files import WRITTEN, encoded, picture

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="ends processes by signals")


@pytest.fixture
def bad():
    made = Examiner("tests.toys.files.looking_badly", seconds=20.0)
    yield made
    made.close()


@pytest.mark.parametrize("form", WRITTEN)
def test_another_process_finds_what_this_one_would(form: str) -> None:
    content = encoded(picture(), WRITTEN[form])
    assert EXAMINERS.examine(content) == examine(content)
    assert EXAMINERS.examine(content, side=32) == examine(content, side=32)


@pytest.mark.parametrize("fit", FITS)
def test_another_process_fits_a_picture_as_extraction_does(fit: str) -> None:
    content = encoded(picture(900, 700), "JPEG")
    expected = fit_image(decode(content, at_least=(64, 48)), (64, 48), fit)
    np.testing.assert_array_equal(EXAMINERS.fitted(content, (64, 48), fit), expected)
    with pytest.raises(ImageError, match="is text, not an image"):
        EXAMINERS.fitted(b"hello", (64, 48), fit)


def test_deep_pictures_are_scaled_as_they_are_here() -> None:
    content = encoded(Image.fromarray(np.linspace(0, 4095, 900, dtype=np.uint16).reshape(30, 30)))
    assert (
        EXAMINERS.examine(content, rendering=Rendering("range"))
        == examine(content, rendering=Rendering("range"))
        != examine(content)
    )
    fitted = EXAMINERS.fitted(content, (30, 30), "stretch", rendering=Rendering("range"))
    np.testing.assert_array_equal(fitted, decode(content, rendering=Rendering("range")))


def test_what_is_wrong_with_a_file_is_said_in_the_same_words() -> None:
    with pytest.raises(ImageError, match="is text, not an image"):
        EXAMINERS.examine(b"hello")
    with pytest.raises(ImageError, match="is empty"):
        EXAMINERS.examine(b"")


@pytest.mark.slow
def test_a_file_that_takes_too_long_is_left_and_the_next_one_looked_at(bad: Examiner) -> None:
    with pytest.raises(ImageError, match="is fine of 256"):
        bad.examine(b"fine")
    bad._seconds = 0.5
    started = time.perf_counter()
    with pytest.raises(ImageError, match=r"takes more than 0\.5 seconds"):
        bad.examine(b"hang")
    assert time.perf_counter() - started < 10
    bad._seconds = 20.0
    with pytest.raises(ImageError, match="is fine of 64"):
        bad.examine(b"fine", side=64)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("content", "words"),
    [(b"crash", "crashes the program that reads it"), pytest.param(b"killed", "memory", marks=pytest.mark.thorough)],
)
def test_a_file_that_ends_the_process_is_named_and_the_next_one_looked_at(
    bad: Examiner, content: bytes, words: str
) -> None:
    with pytest.raises(ImageError, match=words):
        bad.examine(content)
    with pytest.raises(ImageError, match="is fine"):
        bad.examine(b"fine")


def test_what_nobody_expected_is_no_fault_of_the_file(bad: Examiner) -> None:
    with pytest.raises(RuntimeError, match="raised KeyError"):
        bad.examine(b"surprise")


def test_what_a_decoder_prints_is_no_answer(bad: Examiner) -> None:
    with pytest.raises(ImageError, match="is print"):
        bad.examine(b"print")


@pytest.mark.slow
def test_a_process_with_nothing_to_do_ends_and_is_started_again(bad: Examiner) -> None:
    with pytest.raises(ImageError, match="is fine"):
        bad.examine(b"fine")
    process = bad._process
    assert process is not None
    assert process.wait(10) == 0
    with pytest.raises(ImageError, match="is fine"):
        bad.examine(b"fine")


def test_one_intake_through_other_processes_is_that_of_this_one() -> None:
    files = [(f"{number}.png", encoded(picture(30, 20, seed=number))) for number in range(6)]
    files.insert(3, ("bad.png", files[0][1][:100]))
    here, apart = Workspace.open(":memory:"), Workspace.open(":memory:")
    assert here.add(files) == apart.add(files, look=EXAMINERS.examine)
    assert list(here.images()) == list(apart.images())


def test_more_files_at_once_than_processes_wait_their_turn() -> None:
    examiners, found = Examiners(1), []
    content = encoded(picture())
    threads = [threading.Thread(target=lambda: found.append(examiners.examine(content))) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    examiners.close()
    assert found == [examine(content)] * 5


@pytest.mark.slow
def test_no_thread_of_this_process_waits_while_a_large_picture_is_decoded() -> None:
    """Pillow decodes WebP without letting go of the interpreter's lock: in this process all would stand still."""
    content = encoded(picture(7_000, 6_000), "WEBP", quality=20, method=0)
    examiner, stalls, is_done = Examiner(seconds=300.0), [0.0], threading.Event()
    examiner.examine(encoded(picture()))

    def tick() -> None:
        last = time.perf_counter()
        while not is_done.wait(0.005):
            now = time.perf_counter()
            stalls.append(now - last)
            last = now

    ticker = threading.Thread(target=tick, daemon=True)
    ticker.start()
    started = time.perf_counter()
    try:
        examiner.examine(content)
    finally:
        is_done.set()
        ticker.join(10)
        examiner.close()
    assert max(stalls) < 0.1 + 0.2 * (time.perf_counter() - started)


@pytest.mark.slow
def test_a_file_may_use_no_more_of_the_processor_than_it_is_given(bad: Examiner) -> None:
    with pytest.raises(ImageError, match="is fine"):
        bad.examine(b"fine")
    bad._seconds = 0.5
    with pytest.raises(ImageError, match=r"takes more than 0\.5 seconds"):
        bad.examine(b"spin")
