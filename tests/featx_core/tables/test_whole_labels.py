"""Labels of rows are kept whole: those that begin alike, or differ by a joiner alone, stay two."""

import pytest

from featx_core.tables.reading import read_vectors

LONG = [
    f"Animalia_Chordata_Aves_Passeriformes_Passerellidae_Zonotrichia_{name}" for name in ("leucophrys", "albicollis")
]
JOINED = ["\u0645\u06cc\u200c\u0631\u0648\u062f", "\u0645\u06cc\u0631\u0648\u062f"]


@pytest.mark.parametrize("labels", [LONG, JOINED])
def test_labels_of_a_table_are_kept_whole(labels):
    rows = "\n".join(f"{row},{label},{row}.5,{row % 3}.25" for row, label in enumerate(labels * 3))
    read = read_vectors(("birds.csv", f"name,label,x,y\n{rows}\n".encode()))
    assert read.labels == tuple(labels * 3)
