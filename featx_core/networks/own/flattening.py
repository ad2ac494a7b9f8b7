"""A network of the user as one flat functional network: models within models are opened, each layer is there once a call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from featx_core.base.compat import calls_of, functional_of
from featx_core.base.keras_setup import load_keras
from featx_core.networks.own.errors import ModelFileError
from featx_core.networks.own.naming import SEPARATOR, traceable, unused

if TYPE_CHECKING:
    import keras


def flatten(model: keras.Model, size: tuple[int, int], output: int = 0, *, with_weights: bool = True) -> keras.Model:
    """Build a network anew from copies of its layers.

    Layers of a model within the model get its name before theirs, such as "backbone.conv1". A layer that is called several
    times becomes several layers with the same weights.

    Args:
        model: A functional or sequential model from images, nested as deep as it likes. Not changed.
        size: Height and width of the input.
        output: Which of its outputs the network shall end with.
        with_weights: Whether weights are copied. Without, only shapes are right.

    Returns:
        A flat functional model with one input and one output, in float32.

    Raises:
        ModelFileError: If the model is no such model. The message can follow the name of its file.
    """
    network = functional_of(model)
    if network is None:
        raise ModelFileError("does not say which shape its input has. Give the model an `Input`, and save it again.")
    inputs = load_keras().Input((*size, network.inputs[0].shape[-1]), name="input")
    copier = _Copier(with_weights)
    try:
        outputs = copier.run(network, [inputs], "")
    except ModelFileError:
        raise
    except (ValueError, TypeError, IndexError) as error:
        raise ModelFileError(
            f"cannot take images of {size[0]} x {size[1]}, or is put together in a way that featx does not know."
        ) from error
    return load_keras().Model(inputs, outputs[output], name="network")


class _Copier:
    """Runs networks on other tensors, with a copy of each layer for each call."""

    def __init__(self, with_weights: bool) -> None:
        self._with_weights = with_weights
        self._names: set[str] = {"input"}

    def run(self, network: keras.Model, inputs: Sequence[Any], prefix: str) -> list[Any]:
        """Return the outputs of a functional network for tensors in the places of its inputs."""
        known = {id(symbolic): tensor for symbolic, tensor in zip(network.inputs, inputs, strict=True)}
        for call in calls_of(network):
            arguments, options = call.arguments.fill_in(known)
            outputs = self._call(call.operation, arguments, options, prefix)
            known.update({id(symbolic): tensor for symbolic, tensor in zip(call.outputs, outputs, strict=True)})
        return [known[id(symbolic)] for symbolic in network.outputs]

    def _call(self, operation: Any, arguments: Any, options: Any, prefix: str) -> list[Any]:
        inner = functional_of(operation)
        if inner is not None:
            given = load_keras().tree.flatten(arguments[0])
            return self.run(inner, given, f"{prefix}{operation.name}{SEPARATOR}")
        copy = self._copy(operation, prefix)
        outputs: list[Any] = load_keras().tree.flatten(copy(*arguments, **options))
        if len(outputs) != 1:
            raise ModelFileError(
                f"has a layer with several outputs, `{operation.name[:60]}`, which featx does not know."
            )
        if self._with_weights and getattr(operation, "weights", None):
            copy.set_weights(operation.get_weights())
            if hasattr(copy, "finalize_state"):
                copy.finalize_state()
        return outputs

    def _copy(self, operation: Any, prefix: str) -> Any:
        config = operation.get_config()
        if "dtype" in config:
            config["dtype"] = "float32"
        config["name"] = unused(traceable(f"{prefix}{operation.name}"), self._names)
        return type(operation).from_config(config)
