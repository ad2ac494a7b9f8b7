"""Folders of parts that tests share, made without Ray."""

import hashlib
from pathlib import Path

import numpy as np

import featx_core as fx
from featx_core.distributed.listing import mark_at
from featx_core.distributed.parts import write_part
from featx_core.distributed.plan import Chunk, Listed

SPEC = fx.Pretrained("embedded_v1")
N_IMAGES, N_A_CHUNK = 60, 6


def digest_of(path):
    """Return the SHA-256 of a file; of one that is not there, that of its name."""
    return hashlib.sha256(Path(path).read_bytes() if Path(path).is_file() else path.encode()).hexdigest()


def vector_of(path, n_features=4):
    """Return numbers that depend on the name alone."""
    return np.frombuffer(hashlib.sha256(path.encode()).digest()[:n_features], np.uint8).astype(np.float32)


def write_parts(folder, *chunks, spec=SPEC, left_out=()):
    """Write a part for each list of paths; give the files."""
    folder.mkdir(exist_ok=True)
    written = []
    for paths in chunks:
        images = [Listed(path, path.split("/")[-2] if "/" in path else None, mark=mark_at(path)) for path in paths]
        vectors = np.array([vector_of(path) for path in paths], np.float32).reshape(len(paths), 4)
        name = Chunk(tuple(images or [Listed(left_out[0][0])])).name
        digests = [digest_of(path) for path in paths]
        write_part(folder / name, images, digests, vectors, {"spec": spec.to_json(), "feature_shape": [4]}, left_out)
        written.append(folder / name)
    return written
