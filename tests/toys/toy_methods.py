"""Toy specs as methods: what `fx.build`, `fx.outline` and `fx.train` do with a spec that is no real one."""

import contextlib
from types import MappingProxyType

import pytest

from featx_core.methods import registry
from featx_core.methods.method import NOTHING_TO_LEARN, Method, Training
from featx_core.specs import registry as specs


def toy_method(kind):
    """Make a row whose functions are those that the toy has itself: `outline`, `build`, perhaps `architecture` and `train`."""
    training = Training(lambda spec, context, report: spec.train(context.workspace, report), *_NOTHING_KEPT)
    return Method(
        kind,
        kind.__name__,
        "A toy.",
        outline=lambda spec, context: spec.outline(),
        build=lambda spec, context: spec.build(),
        architecture=lambda spec, context: spec.architecture(),
        training=training if hasattr(kind, "train") else NOTHING_TO_LEARN,
    )


@contextlib.contextmanager
def installed(*kinds):
    """Let every part of featx know some toys for a while."""
    with pytest.MonkeyPatch.context() as patch:
        rows = {kind.method: toy_method(kind) for kind in kinds}
        patch.setattr(registry, "SOURCES", MappingProxyType({**registry.SOURCES, **rows}))
        patch.setattr(specs, "SPECS", MappingProxyType({**specs.SPECS, **{kind.method: kind for kind in kinds}}))
        yield


_NOTHING_KEPT = (lambda spec, context: None, lambda spec, context: None if spec.needs_training else spec)
