"""What keeping the input of networks beside large photographs saves, and what it costs."""

import tempfile
from pathlib import Path

import featx_core as fx
from tests.benchmarks.measuring import SIZES, Outcome, at_least, at_most, photograph, seconds_of

SIZE = "12 megapixels"


def kept_inputs(*, quick: bool) -> list[Outcome]:
    """Compare an extraction that decodes the files with one from what the workspace keeps of them, in turns."""
    files = [photograph(SIZES[SIZE], number) for number in range(24 if quick else 96)]
    extractor = fx.build(fx.Pretrained("mobilenet_v2", weights="random"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.featx"
        workspace = fx.Workspace.open(path)
        workspace.add([(f"{number}.jpg", content) for number, content in enumerate(files)])
        images = workspace.images()
        fx.extract(images, extractor)
        gains = []
        for _ in range(2 if quick else 5):
            with workspace._store.transaction() as connection:
                connection.execute("DELETE FROM inputs")
            from_files = seconds_of(lambda: fx.extract(images, extractor))
            gains.append(from_files / seconds_of(lambda: fx.extract(images, extractor)))
        workspace.close()
        size = path.stat().st_size / sum(map(len, files))
    title = f"MobileNetV2, {SIZE}"
    return [
        at_least(f"{title}: second extractor / first, images a second", gains, 3.0),
        at_most(f"{title}: workspace / its files, bytes", [size], 1.1),
    ]
