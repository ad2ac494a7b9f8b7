"""Which images are chosen in a gallery, over its pages: what the page sets, and what the script tells."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from pages._ui.shell import session


class Kept(NamedTuple):
    """What is kept of a choice."""

    names: tuple[str, ...]
    version: int  # counts what the page itself set: the script adopts that, and keeps its own otherwise


class Choice:
    """Images of this session that are chosen in one place, by name.

    Args:
        key: The name of that place.
        most: How many can be chosen; None without a limit.
    """

    def __init__(self, key: str, most: int | None = None) -> None:
        self._key, self._most = f"chosen_{key}", most

    @property
    def is_set(self) -> bool:
        """Whether anything was chosen or cleared before."""
        return isinstance(session.recall(self._key), Kept)

    @property
    def names(self) -> tuple[str, ...]:
        """What is chosen, in the order of choosing."""
        return self._kept.names

    def take(self, names: Sequence[str]) -> None:
        """Choose these and no others, from the page."""
        session.remember(self._key, Kept(tuple(dict.fromkeys(names))[: self._most], self._kept.version + 1))

    def read(self, told: Any) -> None:
        """Take over what the script tells, unless the page has set another choice meanwhile."""
        if not isinstance(told, dict) or told.get("version") != self._kept.version:
            return
        names = told.get("names")
        if isinstance(names, list) and all(isinstance(name, str) for name in names):
            session.remember(self._key, Kept(tuple(dict.fromkeys(names))[: self._most], self._kept.version))

    def to_script(self) -> dict[str, Any]:
        """Return what the script of a gallery is given."""
        most = {} if self._most is None else {"most": self._most}
        return {"chosen": tuple(self.names), "version": self._kept.version, **most}

    @property
    def _kept(self) -> Kept:
        found = session.recall(self._key)
        return found if isinstance(found, Kept) else Kept((), 0)


def for_heatmaps() -> Choice:
    """Return the choice of the Heatmaps page."""
    return Choice("heatmaps", MAX_HEATMAPS)


MAX_HEATMAPS = 8
"""Images whose heatmaps are shown at once."""
