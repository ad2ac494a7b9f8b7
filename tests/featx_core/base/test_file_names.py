import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featx_core.base.file_names import (
    EXTENSIONS,
    MAX_NAME,
    clean_name,
    extension_note,
    is_system_file,
    label_of,
    labels_of,
)
from featx_core.images.decoding import IMAGE_EXTENSIONS


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
        ("lone\udcffsurrogate.png", "lonesurrogate.png"),
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
    assert not {unicodedata.category(character) for character in name} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert name == name.strip()


def test_a_long_name_keeps_its_beginning_and_its_extension() -> None:
    name = clean_name("x" * 300 + ".tiff")
    assert name == "x" * 114 + "….tiff"
    assert len(clean_name("x." + "y" * 300)) == MAX_NAME
    assert clean_name("x" * 116 + ".png") == "x" * 116 + ".png"


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (["owl/1.png", "jay/1.png"], ["owl", "jay"]),
        (["trip/owl/1.png", "trip/jay/1.png"], ["owl", "jay"]),
        (["train/owl/1.png", "test/owl/1.png"], ["owl", "owl"]),
        (["trip/1.png", "trip/2.png"], ["trip", "trip"]),
        (["1.png", "2.png"], [None, None]),
        (["owl/1.png", "2.png"], [None, None]),
        (["owl/1.png", "owl/barn/2.png"], [None, None]),
        (["owl/1.png", "read me.txt", "__MACOSX/owl/._1.png"], ["owl", None, "owl"]),
        (["C:\\birds\\owl\\1.png", "./birds/jay/1.png"], ["owl", "jay"]),
        (["owl/scan", "jay/scan"], ["owl", "jay"]),
        ([], []),
    ],
)
def test_folders_are_labels_where_every_image_lies_equally_deep_in_one(names: list[str], labels: list) -> None:
    assert labels_of(names) == labels


def test_a_label_is_plain_and_short() -> None:
    assert label_of("a\u202eb\n<b>/1.png") == "ab <b>"
    assert label_of("x" * 200 + "/1.png") == "x" * 60
    assert label_of("\u200b/1.png") is None


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
