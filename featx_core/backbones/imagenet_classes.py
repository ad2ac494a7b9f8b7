"""The names of the 1 000 ImageNet classes, in the order of the networks' class scores."""

import csv
import functools
from pathlib import Path

IMAGENET_CLASSES = Path(__file__).with_name("imagenet_classes.csv")
"""A row a class: its WordNet id and its name.

The ids and synonyms are those of ImageNet 2012, as in `imagenet1k_label_to_names.json` and `imagenet1k_to_21k.json` of the
package imagenet-classes 0.2.1 (MIT). The name is the first synonym, which is also what Keras shows; four names that two
classes would share say which one is meant, such as "crane (bird)".
"""


@functools.cache
def class_names() -> tuple[str, ...]:
    """Name the 1 000 ImageNet classes.

    Example:
        >>> class_names()[388]
        'giant panda'
    """
    with IMAGENET_CLASSES.open(encoding="utf-8", newline="") as file:
        return tuple(row["name"] for row in csv.DictReader(file))
