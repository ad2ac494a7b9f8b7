"""From a run to its recipe."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.metadata
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from featx_core.extraction.rows import load_rows, table_of
from featx_core.recipes.copies import augmenting
from featx_core.recipes.formulas import imports_of, transforming
from featx_core.recipes.networks import check_kind, network_code
from featx_core.recipes.pixels import preparing, reading
from featx_core.recipes.recipe import REFERENCE, Block, Recipe, RecipeError
from featx_core.recipes.references import N_REFERENCES, digest_of_references, other_kinds, references
from featx_core.specs.augmented import Augmented
from featx_core.specs.lambda_transform import LambdaTransform, derived_from
from featx_core.specs.pretrained import Pretrained
from featx_core.specs.spec import Spec
from featx_core.specs.vector_table import VectorTable

if TYPE_CHECKING:
    from featx_core.images.image_set import ImageRecord
    from featx_core.networks.extractor import Extractor
    from featx_core.workspace.runs import Run
    from featx_core.workspace.workspace import Workspace

VECTORS = "vectors.npz"
N_SHOWN = 2
"""Reference rows, and values of each, that stand in the script."""

MAX_EXPECTED_ROWS = 1_000
DEFAULT_BATCH = 32
_FORM = {"image files": ("images", "photos/*.jpg"), "tables": ("tables", VECTORS)}


def write_recipe(run: Run, workspace: Workspace, find_extractor: Callable[[Spec], Extractor]) -> Recipe:
    """Write a run as code.

    Args:
        run: Of the workspace.
        workspace: Holds its features, images and weights.
        find_extractor: Makes the extractor of a spec: `fx.build` or a cache of it.

    Raises:
        RecipeError: If there is no way to write it, or no image is left to check it with.
    """
    check_kind(run.spec)
    wrappers, inner = _unfolded(run.spec)
    if isinstance(inner, VectorTable):
        return _of_table(run, workspace, wrappers, inner)
    images = list(workspace.images())
    known = workspace.vectors.stored(run.digest)
    images = [image for image in images if image.digest in known]
    chosen = references(images)
    if not chosen:
        raise RecipeError("No image of this run is left to check a script with. Extract again, then write the script.")
    rows = load_rows(run.spec, workspace, [each.digest for each in chosen])
    expected, computed = np.stack([rows[each.digest] for each in chosen]), None
    if "bfloat16" in run.details.get("engine", ""):
        records = {image.digest: image for image in images}
        computed = expected
        expected = _in_float32(run.spec, [records[each.digest] for each in chosen], find_extractor)
    expected = _row_by_row(expected, run.spec)
    blocks, files, size = _of_images(wrappers, inner, find_extractor)
    files |= {f"{REFERENCE}/{each.name}": each.content for each in chosen}
    recipe = _put_together(run, blocks, files, expected, digest_of_references(chosen), "image files", size)
    note = other_kinds(images)
    return dataclasses.replace(
        recipe, digests=tuple(each.digest for each in chosen), notes=(note,) if note else (), computed=computed
    )


def _row_by_row(values: np.ndarray, spec: Spec) -> np.ndarray:
    """Return one row a copy, where each image has several."""
    return values.reshape(-1, *values.shape[2:]) if spec.rows_per_image > 1 else values


def _in_float32(spec: Spec, images: Sequence[ImageRecord], find_extractor: Callable[[Spec], Extractor]) -> np.ndarray:
    """Compute the features of images by the same network in float32."""
    extractor = find_extractor(exact_twin(spec))
    return extractor(np.stack([image.fitted(extractor.image_size, extractor.fit) for image in images]))


def exact_twin(spec: Spec) -> Spec:
    """Return the same spec with its network in float32."""
    if isinstance(spec, Pretrained):
        return dataclasses.replace(spec, precision="float32")
    if isinstance(spec, Augmented):
        return dataclasses.replace(spec, base=exact_twin(spec.base))
    if isinstance(spec, LambdaTransform) and isinstance(spec.source, Spec):
        return dataclasses.replace(spec, source=exact_twin(spec.source))
    return spec


def _unfolded(spec: Spec) -> tuple[list[Spec], Spec]:
    """Return what stands around a network or a table, from the outside in, and that."""
    wrappers: list[Spec] = []
    while isinstance(spec, Augmented) or derived_from(spec) is not None:
        wrappers.append(spec)
        spec = spec.base if isinstance(spec, Augmented) else derived_from(spec) or spec
    return wrappers, spec


def _of_images(
    wrappers: list[Spec], inner: Spec, find_extractor: Callable[[Spec], Extractor]
) -> tuple[list[Block], dict[str, bytes], str]:
    picture = inner.picture_input
    if picture is None:
        raise RecipeError(f"There is no script for {inner.title} yet.")
    height, width = picture.image_size
    size = f"SIZE = ({height}, {width})  # height and width of the input\n"
    blocks = [Block("Read an image and bring it to the size of the network.", reading(picture.fit))]
    files: dict[str, bytes] = {}
    steps = "features = preprocess(images)"
    batch_size = DEFAULT_BATCH
    if not isinstance(inner, LambdaTransform):
        extractor = find_extractor(inner)
        network = network_code(extractor)
        files, batch_size = dict(network.files), extractor.batch_size
        steps = f"features = {network.run}"
    blocks.append(Block("What the network expects.", preparing(picture.preprocessing_name)))
    if not isinstance(inner, LambdaTransform):
        blocks.append(Block(f"{network.words} Features are what one of its layers gives.", network.code))
    inside = [inner] if isinstance(inner, LambdaTransform) else []
    functions, before, after = _wrapped([*wrappers, *inside])
    n_copies = int(np.prod([each.n_copies for each in wrappers if isinstance(each, Augmented)]))
    code = _extract(before, steps, after, max(1, batch_size // n_copies))
    blocks += [*functions, Block("From files to features, batch by batch.", code)]
    return blocks, files, size


def _wrapped(wrappers: list[Spec]) -> tuple[list[Block], list[str], list[str]]:
    """Return the functions around a network, the lines before it, from the outside in, and those after, from the inside out."""
    blocks: list[Block] = []
    before: list[str] = []
    after: list[str] = []
    for number, spec in enumerate(wrappers, start=1):
        is_only = sum(isinstance(each, type(spec)) for each in wrappers) == 1
        end = "" if is_only else f"_{number}"
        if isinstance(spec, Augmented):
            blocks.append(Block("Copies of images, changed at random.", augmenting(spec, f"augment{end}")))
            before.append(f"images = augment{end}(images)")
            if spec.gives == "mean":
                mean = f"features.reshape(-1, {spec.n_copies}, *features.shape[1:]).mean(axis=1, dtype=np.float64)"
                after.insert(0, f"features = {mean}.astype(np.float32)")
        elif isinstance(spec, LambdaTransform):
            blocks.append(
                Block("The formula, for one row at a time.", transforming(spec.expressions, f"transform{end}"))
            )
            after.insert(0, f"features = np.stack([transform{end}(x) for x in features])")
    return blocks, before, after


def _extract(before: list[str], steps: str, after: list[str], batch_size: int) -> str:
    head = f'''\
def extract(paths, batch_size={batch_size}):
    """Return the features of images, float32, in the order of their paths."""
'''
    given = "features" if after else steps.removeprefix("features = ")
    if not before and not after:
        return f"""{head}\
    batches = (paths[start : start + batch_size] for start in range(0, len(paths), batch_size))
    stacks = (np.stack([read(path) for path in batch]) for batch in batches)
    return np.concatenate([{given} for images in stacks])
"""
    lines = "".join(f"        {line}\n" for line in [*before, *([steps, *after] if after else [])])
    return f"""{head}\
    rows = []
    for start in range(0, len(paths), batch_size):
        images = np.stack([read(path) for path in paths[start : start + batch_size]])
{lines}        rows.append({given})
    return np.concatenate(rows)
"""


def _of_table(run: Run, workspace: Workspace, wrappers: list[Spec], inner: VectorTable) -> Recipe:
    table = table_of(run.spec, workspace)
    if table is None:
        raise RecipeError(f"There is no script for {inner.title} yet.")
    functions, _, after = _wrapped(wrappers)
    lines = "".join(f"    {line}\n" for line in after)
    code = f'''\
def extract(paths):
    """Return the rows of tables of numbers, float32."""
    features = np.concatenate([np.load(path, allow_pickle=False)["values"] for path in paths])
{lines}    return features
'''
    blocks = [*functions, Block("The numbers, and what is computed from them.", code)]
    content = workspace.artefact(inner.source.removeprefix("file:"))
    digest = hashlib.sha256(content).hexdigest()
    return _put_together(run, blocks, {VECTORS: content}, table.values[:MAX_EXPECTED_ROWS], digest, "tables")


def _put_together(
    run: Run,
    blocks: list[Block],
    files: dict[str, bytes],
    expected: np.ndarray,
    digest: str,
    takes: str,
    size: str = "",
) -> Recipe:
    code = "\n".join(block.code for block in blocks)
    constants = f"{size}{_expected(expected, digest)}"
    libraries = "Libraries, and what featx computed for the reference files."
    argument, example = _FORM[takes]
    blocks = [
        Block(libraries, f"import argparse\n{_imports(code)}\n{constants}", in_notebook=False),
        Block(libraries, f"{_imports(code)}\n{constants}", in_script=False),
        *blocks,
        Block("Run it.", _main(argument, takes), in_notebook=False),
        Block("Run it: put your own files in place of these.", _cell(takes), in_script=False),
    ]
    install = "pip install " + " ".join(f"{name}=={importlib.metadata.version(name)}" for name in _packages(code))
    usage = f"python features.py {example} -o features.npz"
    return Recipe(run.title, run.spec.badge, install, usage, tuple(blocks), files, expected)


def _imports(code: str) -> str:
    found = "import hashlib\nfrom pathlib import Path\n\n"
    found += "import keras\n" if "keras." in code else ""
    found += "import keras_hub\n" if "keras_hub." in code else ""
    found += "import numpy as np\n"
    found += "import openvino\n" if "openvino." in code else ""
    if "Image." in code:
        found += "from PIL import Image, ImageOps\n"
    return found + imports_of(code)


def _packages(code: str) -> list[str]:
    packages = ["keras", "tensorflow"] if "keras." in code else []
    packages += ["openvino"] if "openvino." in code else []
    packages += ["keras-hub"] if "keras_hub." in code else []
    packages += ["numpy", *(["pillow"] if "Image." in code else []), *(["scipy"] if imports_of(code) else [])]
    return packages


def _expected(expected: np.ndarray, digest: str) -> str:
    rows = expected[:N_SHOWN].reshape(len(expected[:N_SHOWN]), -1)[:, :N_SHOWN]
    listed = ", ".join(f"[{', '.join(map(_digits, row))}]" for row in rows.tolist())
    return f'''\
REFERENCE = "{digest}"  # SHA-256 of the reference files
EXPECTED = [{listed}]  # first values of their first rows
'''


def _digits(value: float) -> str:
    return f"{value:.9g}" if np.isfinite(value) else f'float("{value}")'


def _main(argument: str, takes: str) -> str:
    return f'''\
if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Extract features.")
    parser.add_argument("{argument}", nargs="+", help="{takes}")
    parser.add_argument("-o", "--output", default="features.npz")
    given = parser.parse_args()
    features = extract(given.{argument})
    np.savez(given.output, names=given.{argument}, values=features)
{_compared(f"given.{argument}", "    ")}'''


def _compared(paths: str, indent: str) -> str:
    """Write the lines that compare the features of the reference files with those that featx computed."""
    first = f"features.reshape(len(features), -1)[:{N_SHOWN}, :{N_SHOWN}]"
    return f"""\
{indent}if hashlib.sha256(b"".join(Path(each).read_bytes() for each in {paths}[:{N_REFERENCES}])).hexdigest() == REFERENCE:
{indent}    print("Largest difference from featx:", np.abs({first} - EXPECTED).max())
"""


def _cell(takes: str) -> str:
    paths = f'sorted(Path("{REFERENCE}").iterdir())' if takes == "image files" else f'["{VECTORS}"]'
    return f"paths = {paths}\nfeatures = extract(paths)\n{_compared('paths', '')}features.shape\n"
