"""What a result shows beyond features, for each way to extract that has more to show."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from featx_core.extraction.features import Features
from featx_core.images.image_set import ImageSet
from featx_core.specs.augmented import Augmented
from featx_core.specs.custom_sequential import CustomSequential
from featx_core.specs.fine_tuned import FineTuned
from featx_core.workspace.runs import Run
from pages._ui.extract import augmentation_effects, custom_result, fine_tuned_result

Extra = Callable[[Run, Features, ImageSet], None]
EXTRAS: Mapping[str, Extra] = MappingProxyType(
    {
        CustomSequential.method: custom_result.show,
        Augmented.method: augmentation_effects.show,
        FineTuned.method: fine_tuned_result.show,
    }
)
