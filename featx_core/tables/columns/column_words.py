"""What columns are called, and what such a name says of their content."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal

Meaning = Literal["label", "name", "identifier", "row number", "bookkeeping", "box", "vector", ""]


def _listed(words: str) -> tuple[str, ...]:
    return tuple(words.split())


_STRONG_LABELS = frozenset(
    _listed(
        "label labels lbl class classes cls category categories target targets species y gt truth klasse classe clase "
        "kategorie categoria etikett etiqueta klass outcome diagnosis"
    )
)
_WEAK_LABELS = frozenset(_listed("group groups kind kinds type types family genus breed variety cultivar gruppe"))
_LABEL_PARTS = frozenset(
    _listed(
        "id ids idx index no nr num number code codes name names true ground encoded enc int numeric str text string fine "
        "coarse main train test val"
    )
)
_PICTURES = frozenset({"image", "images", "img"})
_NAMES = _listed(  # the likeliest first
    "name names file files filename filenames image images img imgs photo photos picture pictures path paths filepath uri url "
    "title basename stem sample specimen item"
)
_NAME_PARTS = frozenset({*_NAMES, "row", "original", "full", "relative", "source"})
_IDENTIFIERS = frozenset(_listed("id ids uid uids uuid guid oid pk identifier"))
_DIGESTS = frozenset(_listed("key keys hash md5 sha1 sha256 digest digests checksum"))
_ROW_NUMBERS = frozenset(
    _listed(
        "index idx row rows row_nr row_no row_num row_number row_index row_idx row_id row_count rownum rownames row_names rn "
        "serial serial_no s_no sno sr_no srno sl_no lfd_nr"
    )
)
_DATA_FRAME_INDEX = re.compile(r"(unnamed|index_level|level)(_\d+)+")
_BOOKKEEPING = frozenset(
    _listed(
        "fold folds split splits subset partition cv pred preds predicted prediction predictions yhat cluster clusters "
        "clustering kmeans timestamp datetime"
    )
)
_BOOKKEEPING_ALONE = frozenset(_listed("set copy copies is_train is_test in_train y_hat date weight sample_weight"))
_BOXES = frozenset(
    _listed("bbox bboxes box boxes bounding shape size sizes color colour rgb landmarks keypoints tokens mask")
)
_VECTORS = _listed(  # the likeliest first
    "values vectors vector features feature feats embeddings embedding embed emb x latents latent representation activations "
    "hidden data"
)
_HELD_BACK = frozenset(_listed("test val valid validation query"))
_JOINED = re.compile(
    r"(image|img|file|photo|sample|object|row|item|user|patient|subject|record|class|label|category|target|species)"
    r"(ids?|uid|idx|index|no|nr|num|code|name|path)"
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_BREAKS = re.compile(r"[\W_]+")


@lru_cache(maxsize=64)  # one name is asked several things in a row
def words_of(name: str) -> tuple[str, ...]:
    """Take a column's name apart.

    >>> words_of("Class ID"), words_of("imageId"), words_of("classid"), words_of("Unnamed: 0")
    (('class', 'id'), ('image', 'id'), ('class', 'id'), ('unnamed', '0'))
    """
    if name.isalnum() and name.islower():  # most columns of a wide table
        match = _JOINED.fullmatch(name)
        return match.groups() if match else (name,)
    parts = [part for part in _BREAKS.split(_CAMEL.sub("_", name).lower()) if part]
    joined = [_JOINED.fullmatch(part) for part in parts]
    return tuple(
        word for part, match in zip(parts, joined, strict=True) for word in (match.groups() if match else (part,))
    )


def _is_numbered(name: str) -> bool:
    """Tell a name that is one word with a number at its end, as those of wide tables: such a word is in no list."""
    return name[-1:].isdecimal() and name.isalnum() and name.islower() and name not in _DIGESTS


def meaning_of(name: str) -> Meaning:
    """Tell what a column's name says of its content; "" where it says nothing.

    >>> [meaning_of(name) for name in ("class_id", "File name", "uid", "y_pred", "Unnamed: 0", "f12")]
    ['label', 'name', 'identifier', 'bookkeeping', 'row number', '']
    """
    if _is_numbered(name):
        return ""
    words = words_of(name)
    joined = "_".join(words)
    if not words or joined in _ROW_NUMBERS or _DATA_FRAME_INDEX.fullmatch(joined):
        return "row number" if words or name.strip() == "#" else ""
    known = set(words)
    if joined in _BOOKKEEPING_ALONE or (known & _BOOKKEEPING and known <= _BOOKKEEPING | _STRONG_LABELS | _LABEL_PARTS):
        return "bookkeeping"
    if label_strength(name):
        return "label"
    if known & _IDENTIFIERS or words[-1] in _DIGESTS:
        return "identifier"
    if known & set(_NAMES) and known <= _NAME_PARTS:
        return "name"
    if known & _BOXES:
        return "box"
    return "vector" if known & set(_VECTORS) else ""


def is_data_frame_index(name: str) -> bool:
    """Tell whether a column is called as libraries call the index of a data frame.

    >>> is_data_frame_index("Unnamed: 0.1"), is_data_frame_index("__index_level_0__"), is_data_frame_index("index")
    (True, True, False)
    """
    return not _is_numbered(name) and _DATA_FRAME_INDEX.fullmatch("_".join(words_of(name))) is not None


def label_strength(name: str) -> int:
    """Tell how surely a column is called for its labels: 2, 1, or 0 for not at all."""
    known = {word for word in words_of(name) if not word.isdecimal()}
    if known & _STRONG_LABELS and known <= _STRONG_LABELS | _WEAK_LABELS | _LABEL_PARTS | _PICTURES:
        return 2
    return 1 if known & _WEAK_LABELS and known <= _WEAK_LABELS | _LABEL_PARTS else 0


def name_rank(name: str) -> int:
    """Order columns by how likely they name the rows, the likeliest lowest."""
    return _rank(words_of(name), _NAMES)


def vector_rank(name: str) -> tuple[int, int]:
    """Order columns of vectors by how likely they are the features, the likeliest lowest.

    >>> sorted(["bbox", "x_test", "other", "X", "clip_embedding"], key=vector_rank)
    ['clip_embedding', 'X', 'x_test', 'other', 'bbox']
    """
    words = words_of(name)
    if set(words) & _BOXES or label_strength(name):
        return len(_VECTORS) + 1, 0
    return _rank(words, _VECTORS), int(bool(set(words) & _HELD_BACK))


def says_nothing_of_vectors(name: str) -> bool:
    """Tell whether a name neither speaks for an array's being the features nor against it."""
    return vector_rank(name)[0] == len(_VECTORS)


def is_known_word(cell: str) -> bool:
    """Tell whether a cell is what headers call names and labels."""
    return meaning_of(cell) in ("label", "name", "identifier")


def common_start(names: Iterable[str]) -> str:
    """Give what columns that mark classes are all called before the name of the class.

    >>> common_start(["class_oak", "class_ash"]), common_start(["oak", "olive"])
    ('class_', '')
    """
    starts = {name[: match.end()] if (match := re.search(r"^.*?[_.=: -]+", name)) else "" for name in names}
    return starts.pop() if len(starts) == 1 else ""


def _rank(words: Iterable[str], ranked: tuple[str, ...]) -> int:
    return min((ranked.index(word) for word in words if word in ranked), default=len(ranked))
