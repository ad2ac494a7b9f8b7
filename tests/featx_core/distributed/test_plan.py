"""Chunks of images, whose names make work that is done twice count once."""

from featx_core.distributed.plan import Chunk, Listed, chunks


def test_a_chunk_is_called_by_its_images_alone():
    first, again = Chunk((Listed("a"), Listed("b"))), Chunk((Listed("a", "label"), Listed("b")))
    others = [Chunk((Listed("b"), Listed("a"))), Chunk((Listed("a"),)), Chunk((Listed("a\nb"),))]
    assert first.name == again.name
    assert first.name not in {chunk.name for chunk in others[:2]}
    assert first.name.startswith("part-")
    assert first.name.endswith(".parquet")


def test_images_of_two_tables_go_apart():
    images = [Listed("x#0", table="x"), Listed("y#0", table="y"), Listed("y#1", row=1, table="y"), Listed("1.jpg")]
    assert [[image.path for image in chunk.images] for chunk in chunks(images, (), 9)] == [
        ["x#0"],
        ["y#0", "y#1"],
        ["1.jpg"],
    ]


def test_what_is_left_after_an_interruption_is_the_rest_and_nothing_twice():
    images = [Listed(str(number)) for number in range(1000)]
    first = list(chunks(images, (), 64))
    done = {image.name for chunk in first[::2] for image in chunk.images}
    second = [image.path for chunk in chunks(images, done, 64) for image in chunk.images]
    assert sorted([*done, *second]) == sorted(image.path for image in images)


def test_a_name_that_is_no_text_can_be_written_and_is_found_again():
    image = Listed("caf\udce9.jpg")
    assert image.name.encode("utf-8")
    assert list(chunks([image], {image.name}, 2)) == []
    assert Chunk((image,)).name
