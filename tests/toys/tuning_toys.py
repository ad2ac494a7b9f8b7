"""A tiny network to build on, and images of colours to learn, so that fine-tuning takes seconds."""

import dataclasses
import io
from typing import ClassVar

import numpy as np
from PIL import Image

from featx_core.architecture.layers import list_layers
from featx_core.architecture.outline import Outline
from featx_core.base.keras_setup import load_keras, without_weights
from featx_core.images.preprocessing import PREPROCESSING
from featx_core.networks.extractor import Extractor
from featx_core.specs.fine_tuned import FineTuned
from featx_core.specs.picture_input import PictureInput
from featx_core.specs.spec import Spec
from featx_core.workspace.workspace import Workspace

SIDE = 16
COLORS = {"blue": (60, 60, 180), "green": (60, 180, 60), "red": (180, 60, 60)}


@dataclasses.dataclass(frozen=True)
class Toy(Spec):
    """Two convolutions with batch normalization, seeded, their statistics far from 0 and 1."""

    method: ClassVar[str] = "toy"
    can_carry_layers: ClassVar[bool] = True

    seed: int = 0
    gives_map: bool = False

    title = "Toy, whole"
    badge = "a toy"
    picture_input = PictureInput((SIDE, SIDE), "crop", "tf")

    def architecture(self):
        keras = load_keras()
        layers = keras.layers
        inputs = tensor = layers.Input((SIDE, SIDE, 3))
        for filters in (6, 8):
            tensor = layers.Conv2D(filters, 3, padding="same")(tensor)
            tensor = layers.BatchNormalization()(tensor)
            tensor = layers.ReLU()(tensor)
            tensor = layers.MaxPooling2D()(tensor)
        features = tensor if self.gives_map else layers.GlobalAveragePooling2D()(tensor)
        return keras.Model(inputs, features), features

    def build(self):
        network, features = self.architecture()
        generator = np.random.default_rng(self.seed)
        network.set_weights(
            [generator.uniform(0.1, 0.5, array.shape) * sign(generator, array) for array in network.get_weights()]
        )
        return Extractor(
            self, network, features, tap=len(network.layers) - 1, preprocessing=PREPROCESSING["tf"], batch_size=8
        )

    def outline(self):
        with without_weights():
            layers = list_layers(self.architecture()[0])
        shape = layers[-1].output_shape
        return Outline(layers, len(layers) - 1, (SIDE, SIDE), shape, shape, layers[-1].n_parameters_so_far)


def sign(generator, array):
    """Kernels have both signs; what batch normalization holds is positive."""
    return generator.choice([-1, 1], array.shape) if array.ndim == 4 else 1


def colored(color, number, *, side=24):
    """A noisy image of a colour; each number gives another one."""
    generator = np.random.default_rng([number, *color])
    noise = generator.integers(-60, 60, (6, 6, 1)).repeat(side // 6, 0).repeat(side // 6, 1)
    pixels = np.clip(np.array(color) + noise + generator.integers(-20, 20, (side, side, 3)), 0, 255).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def color_workspace(n_images=10, n_unlabelled=0):
    workspace = Workspace.open(":memory:")
    workspace.add([(f"{name}/{name}{i}.png", colored(rgb, i)) for name, rgb in COLORS.items() for i in range(n_images)])
    first = len(workspace.images())
    if n_unlabelled:
        workspace.add([(f"extra{i}.png", colored(COLORS["red"], 100 + i)) for i in range(n_unlabelled)])
        workspace.set_labels(dict.fromkeys(workspace.images().names[first:], None))
    return workspace


def quick(**options):
    return FineTuned(**{"base": Toy(), "units": 12, "epochs": 12, "learning_rate": 0.02, "batch_size": 8, **options})
