"""What a form gives: the spec that the user put together, and what belongs to it on the page."""

from collections.abc import Callable
from dataclasses import dataclass

from featx_core.images.image_set import ImageSet
from featx_core.specs.spec import Spec


@dataclass(frozen=True)
class Asked:
    """What was asked for on a form.

    Attributes:
        spec: What to run.
        batch_size: Images per forward pass; None: automatic.
        layer_key: The key of the widget that picks the layer, so that a row of the layer table can set it; None where the
            form has no such choice.
        preview: Draws what this method alone has to show before a run, beside the parameters.
        verb: What the button does, before "240 images".
        problem: Why it cannot be run as it stands, in a sentence; the button is then off. None: it can.
    """

    spec: Spec
    batch_size: int | None = None
    layer_key: str | None = None
    preview: Callable[[ImageSet], None] | None = None
    verb: str = "Extract from"
    problem: str | None = None
