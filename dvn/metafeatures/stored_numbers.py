"""A description's numbers become one map of names, as it is stored, and come back from it."""

from collections.abc import Mapping

from dvn.metafeatures.description import TaskDescription
from dvn.metafeatures.handcrafted import NAMES as HANDMADE_NAMES
from dvn.metafeatures.landmarkers import LANDMARKER_NAMES, VERSION

LANDMARKERS_VERSION = "landmarkers_version"
"""Stored beside landmarkers, since a name alone does not say how its number was made."""


def stored_numbers(description: TaskDescription) -> dict[str, float]:
    """The hand-made numbers by name, then those of the groups of landmarkers that were computed."""
    handmade = zip(HANDMADE_NAMES, description.handmade.tolist(), strict=True)
    version = {LANDMARKERS_VERSION: float(VERSION)} if description.landmarkers else {}
    return {**dict(handmade), **version, **description.landmarkers}


def landmarkers_of(stored: Mapping[str, float]) -> dict[str, float]:
    """The landmarkers of a stored map: whole groups of the present version, nothing else."""
    if stored.get(LANDMARKERS_VERSION) != VERSION:
        return {}
    groups = [names for names in LANDMARKER_NAMES.values() if set(names) <= set(stored)]
    return {name: stored[name] for names in groups for name in names}
