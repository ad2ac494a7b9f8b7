"""What a result shows beyond features, for each way to extract that has more to show."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from featx_core.features import Features
from featx_core.image_set import ImageSet
from featx_core.ledger import Run
from featx_core.methods import Augmented, CustomSequential, FineTuned
from pages._ui import augmentation_study, custom, tuned

Extra = Callable[[Run, Features, ImageSet], None]
EXTRAS: Mapping[str, Extra] = MappingProxyType(
    {
        CustomSequential.method: custom.show,
        Augmented.method: augmentation_study.show,
        FineTuned.method: tuned.show,
    }
)
