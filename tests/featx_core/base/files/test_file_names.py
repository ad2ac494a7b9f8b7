import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featx_core.base.files.file_names import (
    EXTENSIONS,
    MAX_NAME,
    clean_name,
    clean_path,
    extension_note,
    is_system_file,
    label_of,
    plain_text,
    tails_of,
)
from featx_core.images.decoding import IMAGE_EXTENSIONS

JOINERS = {"\u200c", "\u200d", *map(chr, range(0xE0020, 0xE0080))}


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("cat.jpg", "cat.jpg"),
        ("../../etc/passwd.png", "passwd.png"),
        ("/abs/olute.png", "olute.png"),
        ("C:\\Users\\me\\cat.png", "cat.png"),
        ("\\\\server\\share\\cat.png", "cat.png"),
        ("a\r\nb\tc\x07\x1b[31m.png", "a b c[31m.png"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("\u2066a\u2069\u200f.png", "a.png"),
        ("zero\u200bwidth\ufeff.png", "zerowidth.png"),
        ("line\u2028break.png", "line break.png"),
        ("e\u0301te\u0301.png", "\u00e9t\u00e9.png"),
        ("lone\ud83dsurrogate.png", "lonesurrogate.png"),
        ("caf\udce9.png", "caf\u00e9.png"),
        ("<img src=x onerror=alert(1)>.png", "<img src=x onerror=alert(1)>.png"),
        ("$$x$$ **b** [l](javascript:0).png", "$$x$$ **b** [l](javascript:0).png"),
        ("folder/", "unnamed"),
        ("\x00", "unnamed"),
        ("", "unnamed"),
        ("   ", "unnamed"),
        ("鳥/ふくろう.jpg", "ふくろう.jpg"),
    ],
)
def test_a_name_is_reduced_to_plain_text(raw: str, shown: str) -> None:
    assert clean_name(raw) == shown


@given(st.text(st.characters(codec=None), max_size=400))
def test_every_name_is_short_and_holds_nothing_that_steers_a_display(raw: str) -> None:
    name = clean_name(raw)
    assert 0 < len(name) <= MAX_NAME
    steering = {character for character in name if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
    assert steering <= JOINERS
    assert name == name.strip()


def test_a_long_name_keeps_its_beginning_and_its_extension() -> None:
    name = clean_name("x" * 300 + ".tiff")
    assert name == "x" * 114 + "….tiff"
    assert len(clean_name("x." + "y" * 300)) == MAX_NAME
    assert clean_name("x" * 116 + ".png") == "x" * 116 + ".png"


@pytest.mark.parametrize(
    ("raw", "label"),
    [
        ("a\u202eb\n<b>/1.png", "ab <b>"),
        ("x" * 200 + "/1.png", "x" * 200),
        ("\u200b/1.png", None),
        ("\u200d/1.png", None),
        ("\U0001fae8/1.png", "\U0001fae8"),  # an emoji of Unicode 15, which Python 3.11 does not know
        ("\ue000/1.png", "\ue000"),
        ("fr\udce4nkisch/1.png", "fr\u00e4nkisch"),
        ("\ud800/1.png", None),
    ],
)
def test_a_label_is_plain_and_whole(raw: str, label: str | None) -> None:
    assert label_of(raw) == label


DIFFERENT_WORDS = [
    ("\u0645\u06cc\u200c\u0631\u0648\u062f", "\u0645\u06cc\u0631\u0648\u062f"),  # "goes" in Persian, and no word
    ("\U0001f468\u200d\U0001f469\u200d\U0001f466", "\U0001f468\U0001f469\U0001f466"),  # a family, and three people
    (
        "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "\U0001f3f4",
    ),  # flag of England, black flag
    ("\u0d28\u0d4d\u200d", "\u0d28\u0d4d"),  # Malayalam, with and without the joiner at its end
    ("\u2764\ufe0f", "\u2764"),
    ("caf\udce9", "caf\udce8"),
    ("\U0001fae8", "\U0001faf7"),
    ("Passerellidae_Zonotrichia_" + "x" * 60 + "_leucophrys", "Passerellidae_Zonotrichia_" + "x" * 60 + "_albicollis"),
]


@pytest.mark.parametrize(("one", "other"), DIFFERENT_WORDS)
def test_different_words_stay_different(one: str, other: str) -> None:
    assert plain_text(one) != plain_text(other)
    assert label_of(f"{one}/1.png") != label_of(f"{other}/1.png")
    assert plain_text(plain_text(one)) == plain_text(one)


@given(st.text(st.characters(codec=None), max_size=200))
def test_a_path_is_plain_and_every_part_of_it_has_a_name(raw: str) -> None:
    path = clean_path(raw)
    parts = path.split("/")
    assert all(parts)
    assert ".." not in parts[:-1]
    assert clean_path(path) == path or any(part.endswith(":") for part in parts)
    path.encode("utf-8")


def test_files_of_one_name_are_named_by_as_few_folders_as_tell_them_apart() -> None:
    paths = ["a/x/1.png", "b/x/1.png", "b/y/1.png", "2.png", "b/3.png", "3.png"]
    assert tails_of(paths) == ["a/x/1.png", "b/x/1.png", "y/1.png", "2.png", "b/3.png", "3.png"]
    assert tails_of(["1.png", "1.png"]) == ["1.png", "1.png"]
    assert tails_of([]) == []


def test_many_deep_paths_take_no_time() -> None:
    deep = "a/" * 30_000 + "1.png"
    started = time.perf_counter()
    assert len(tails_of([deep] * 100)) == 100
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    "raw",
    [".DS_Store", "a/.hidden/1.png", "__MACOSX/a/._1.png", "Thumbs.db", "a\\desktop.ini", "._cat.jpg", ".git/config"],
)
def test_files_of_the_system_are_known(raw: str) -> None:
    assert is_system_file(raw)


@pytest.mark.parametrize("raw", ["cat.jpg", "./cat.jpg", "../a/cat.jpg", "a.b/cat.jpg", "thumbs.db.png"])
def test_files_of_people_are_not_taken_for_those_of_the_system(raw: str) -> None:
    assert not is_system_file(raw)


@pytest.mark.parametrize("form", EXTENSIONS)
def test_only_an_extension_of_another_format_is_noted(form: str) -> None:
    for extension in IMAGE_EXTENSIONS:
        noted = extension_note(f"a.{extension.upper()}", form)
        assert bool(noted) == (extension not in EXTENSIONS[form])
    assert extension_note("no extension", form) == ()
