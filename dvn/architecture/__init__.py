"""The spaces of architectures: what can be chosen, its relaxed form, and the networks it describes."""

from collections.abc import Mapping

from dvn.architecture.relaxation import Relaxation
from dvn.architecture.relaxed_ffnn import RELAXED_FFNN
from dvn.architecture.space import Architecture, Choice, Space, UnknownSpaceError
from dvn.architecture.wide_deep import WIDE_DEEP

SPACES: Mapping[str, Space] = {space.name: space for space in (WIDE_DEEP, RELAXED_FFNN)}

__all__ = ["SPACES", "Architecture", "Choice", "Relaxation", "Space", "get_space"]


def get_space(name: str) -> Space:
    """The space of that name.

    Raises:
        UnknownSpaceError: There is none.
    """
    if name not in SPACES:
        raise UnknownSpaceError(name, list(SPACES))
    return SPACES[name]
