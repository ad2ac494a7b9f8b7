"""Columns of a file of numbers that are no features: colours of its map."""

import featx_core as fx
from pages._ui.shell import library
from tests.toys.app.map_packs import card, colors
from tests.toys.app.visiting import element


def test_a_column_of_the_file_is_a_colour(visit):
    lines = [f"row {row},{row},{row**2 % 7},{'north' if row % 3 else 'south'},{row / 2}" for row in range(20)]
    content = "\n".join(["name,x,y,side,age", *lines]).encode()
    token = library.new_token()
    read = fx.read_vectors(("t.csv", content), roles={"side": "left out", "age": "left out"})
    fx.add_vectors(library.open_workspace(token, make=True), read, title="Rows")
    visitor = visit(token).open("map")
    element(visitor, "map_color").set_value("column side")
    found = colors(visitor.run())
    assert (found["title"], [each["name"] for each in found["classes"]]) == ("side (of the file)", ["north", "south"])
    element(visitor, "map_color").set_value("column age")
    assert colors(visitor.run())["high"] == 9.5
    assert card(visitor)["side (of the file)"][:2] == ["south", "north"]
    assert visitor.has_no_fault
