"""Stands in for KerasHub where it is missing: one small vision transformer with the parts that featx looks for."""

from importlib.machinery import ModuleSpec
from types import ModuleType, SimpleNamespace


def package():
    """Make a module that `import keras_hub` finds in `sys.modules`."""
    made = ModuleType("keras_hub")
    made.__spec__ = ModuleSpec("keras_hub", None)
    made.models = SimpleNamespace(ViTBackbone=_classes())
    return made


def _classes():
    import keras
    from keras import layers, ops

    class Embedding(layers.Layer):
        def __init__(self, patch_size, width):
            super().__init__(name="embedding")
            self.patches = layers.Conv2D(width, patch_size, patch_size, name="patch_embedding")

        def build(self, shape):
            self.patches.build(shape)
            _, *sides, width = self.patches.compute_output_shape(shape)
            self.n_patches = sides[0] * sides[1]
            self.class_token = self.add_weight(shape=(1, 1, width), name="class_token")
            self.positions = self.add_weight(shape=(1, self.n_patches + 1, width), name="positions")

        def call(self, images):
            found = self.patches(images)
            rows = ops.reshape(found, (-1, self.n_patches, found.shape[-1]))
            first = ops.tile(self.class_token, (ops.shape(rows)[0], 1, 1))
            return ops.concatenate([first, rows], axis=1) + self.positions

        def compute_output_shape(self, shape):
            return shape[0], self.n_patches + 1, self.patches.filters

    class ViTEncoderBlock(layers.Layer):
        def __init__(self, width, heads, inner, name):
            super().__init__(name=name)
            self.layer_norm_1 = layers.LayerNormalization(name="ln_1")
            self.mha = layers.MultiHeadAttention(heads, width // heads, name="mha")
            self.layer_norm_2 = layers.LayerNormalization(name="ln_2")
            self.dense_1, self.dense_2 = (
                layers.Dense(inner, "gelu", name="dense_1"),
                layers.Dense(width, name="dense_2"),
            )

        def build(self, shape):
            for part in (self.layer_norm_1, self.layer_norm_2, self.dense_1):
                part.build(shape)
            self.mha.build(shape, shape)
            self.dense_2.build((*shape[:-1], self.dense_1.units))

        def call(self, tokens):
            normalized = self.layer_norm_1(tokens)
            read = self.mha(normalized, normalized) + tokens
            return self.dense_2(self.dense_1(self.layer_norm_2(read))) + read

    class Encoder(layers.Layer):
        def __init__(self, n_blocks, *sizes):
            super().__init__(name="encoder")
            self.dropout = layers.Dropout(0.0, name="dropout")
            self.encoder_layers = [ViTEncoderBlock(*sizes, name=f"block_{number}") for number in range(n_blocks)]
            self.layer_norm = layers.LayerNormalization(name="ln")

        def build(self, shape):
            for part in (*self.encoder_layers, self.layer_norm):
                part.build(shape)

        def call(self, tokens):
            for block in self.encoder_layers:
                tokens = block(tokens)
            return self.layer_norm(tokens)

    class ViTBackbone(keras.Model):
        def __init__(self, image_shape, patch_size, num_layers, num_heads, hidden_dim, mlp_dim):
            images = keras.Input(image_shape)
            encoder = Encoder(num_layers, hidden_dim, num_heads, mlp_dim)
            super().__init__(images, encoder(Embedding(patch_size, hidden_dim)(images)))
            self.told = {"num_layers": num_layers, "hidden_dim": hidden_dim}

        def get_config(self):
            return self.told

    return ViTBackbone
