"""Expressions in Keras models: saved as text, loaded in safe mode."""

import json
import os
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from featx_core import load_keras
from featx_core.expressions.layer import expression_layer


@pytest.fixture
def saved(tmp_path):
    """A model with two expressions, as a file, and what it gives for a batch."""
    keras = load_keras()
    pixels = keras.Input((16, 16, 3))
    hidden = expression_layer("sobel(blur(x, 1))")(pixels)
    model = keras.Model(pixels, expression_layer("histogram(rescale(x), 8)")(keras.layers.Dense(2)(hidden)))
    batch = np.random.default_rng(0).random((2, 16, 16, 3)).astype(np.float32)
    model.save(tmp_path / "model.keras")
    np.savez(tmp_path / "expected.npz", batch=batch, values=model(batch).numpy())
    return tmp_path


READ = (
    "import sys, numpy as np, featx_core as fx\n"
    "keras = fx.load_keras()\n"
    "model = keras.models.load_model(sys.argv[1] + '/model.keras', safe_mode=True)\n"
    "expected = np.load(sys.argv[1] + '/expected.npz')\n"
    "assert np.array_equal(model(expected['batch']).numpy(), expected['values'])\n"
)


def test_a_model_with_expressions_is_saved_and_loaded_in_safe_mode(saved, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["", str(saved)])
    exec(READ, {})
    config = json.loads(zipfile.ZipFile(saved / "model.keras").read("config.json"))
    kinds = [layer["class_name"] for layer in config["config"]["layers"]]
    assert kinds.count("ExpressionLayer") == 2
    assert "Lambda" not in json.dumps(config)


@pytest.mark.slow
@pytest.mark.thorough
def test_it_loads_in_a_fresh_process(saved):
    subprocess.run([sys.executable, "-c", READ, str(saved)], check=True, env=os.environ, capture_output=True)


def test_a_hostile_text_in_a_model_is_not_run(tmp_path):
    keras = load_keras()
    pixels = keras.Input((4,))
    model = keras.Model(pixels, expression_layer("x ** 2")(pixels))
    text = model.to_json().replace("x ** 2", "__import__('os')")
    with pytest.raises(Exception, match=r"there is no `__import__`"):
        keras.models.model_from_json(text)
