"""The first page of an empty workspace."""

from pathlib import Path

import pytest
from PIL import Image
from starlette.requests import Request

from featx_core.images.sample_photographs import PHOTOGRAPHS
from pages._ui.images import first_page
from pages._ui.shell.serving import server
from tests.toys.app.visiting import nodes


def pictures(visitor):
    return [node for node in visitor.tab.main.markdown if "(/first-page/" in node.value]


def test_it_says_the_name_one_sentence_and_shows_three_results(visit):
    visitor = visit()
    assert [title.value for title in visitor.tab.title] == ["featx"]
    assert "See what neural networks see in your images." in visitor.tab.main.markdown[0].value
    assert len(pictures(visitor)) == 3
    assert all(words in visitor.words for _, _, words in first_page._SHOWN)


def test_the_drop_zone_stands_first_and_one_button_is_primary(visit):
    visitor = visit()
    kinds = [type(node).__name__ for node in nodes(visitor.tab.main)]
    assert kinds.index("FileUploader") < kinds.index("Button")
    primary = [button.label for button in visitor.tab.main.button if button.proto.type == "primary"]
    assert primary == ["Try with photographs"]


@pytest.mark.parametrize("shade", ["light", "dark"])
def test_there_is_a_picture_of_each_result_for_both_grounds(shade):
    for name, _, _ in first_page._SHOWN:
        with Image.open(Path(first_page.__file__).with_name("first_page") / f"{name}-{shade}.webp") as picture:
            assert picture.size == (960, 600)
            assert picture.mode == "RGBA"
            assert picture.getpixel((0, 0))[3] < 128  # corners are clear: the ground shows


def test_everybody_whose_photograph_may_be_in_the_pictures_is_thanked(visit):
    words = visit().words.replace("\\", "")
    for photograph in PHOTOGRAPHS:
        assert (photograph.short_credit in words) == photograph.is_free
    assert "danielbuechele (CC BY 2.0)" in words
    assert "vultilion (CC BY 2.0)" in words


def test_its_pictures_have_addresses_of_their_own(visit):
    def got(name):
        return server._first_page(Request({"type": "http", "headers": [], "path_params": {"name": name}}))

    assert len(pictures(visit())) == len(first_page._SHOWN)
    for name, _, _ in first_page._SHOWN:
        assert [got(f"{name}-{shade}").status_code for shade in ("light", "dark")] == [200, 200]
    assert [got(name).status_code for name in ("nothing", "../gallery", "")] == [404, 404, 404]
