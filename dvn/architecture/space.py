"""Decisions, conditions and forbidden combinations become a space of architectures.

Decision: a space is described once, as data, and its ConfigSpace form is derived from it.
Why: relaxation needs the blocks in a fixed order, ConfigSpace gives the published JSON form.
Rejected: reading the blocks back out of ConfigSpace objects, which sort and wrap their values.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Self

import numpy as np
from ConfigSpace import (
    CategoricalHyperparameter,
    ConfigurationSpace,
    ForbiddenAndConjunction,
    ForbiddenEqualsClause,
    InCondition,
    OrConjunction,
)

from dvn.errors import ArchitectureError

Choice = str | int | float | bool


class UnknownDecisionError(ArchitectureError):
    """A description names a decision that the space does not have."""

    def __init__(self, space: str, name: str, known: Sequence[str]) -> None:
        super().__init__(f"The space {space} has no decision {name!r}; it has {', '.join(known)}.")


class UnknownChoiceError(ArchitectureError):
    """A decision is given a value that is not among its choices."""

    def __init__(self, decision: str, value: object, choices: Sequence[Choice]) -> None:
        allowed = ", ".join(map(str, choices))
        super().__init__(f"The decision {decision!r} cannot be {value!r}; it can be {allowed}.")


class MissingDecisionError(ArchitectureError):
    """A description leaves a decision open that matters for this architecture."""

    def __init__(self, decision: str, choices: Sequence[Choice]) -> None:
        allowed = ", ".join(map(str, choices))
        super().__init__(f"The decision {decision!r} is missing; give one of {allowed}.")


class ForbiddenCombinationError(ArchitectureError):
    """Each decision is known, but this combination is not a network."""

    def __init__(self, combination: Mapping[str, Choice]) -> None:
        parts = " and ".join(f"{name} {value}" for name, value in combination.items())
        super().__init__(f"An architecture cannot have {parts}; choose another value for one of them.")


class UnknownSpaceError(ArchitectureError):
    """A space is asked for by a name or a version that this program does not know."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(f"There is no space {name!r}; there are {', '.join(known)}.")


@dataclass(frozen=True, slots=True)
class Condition:
    """The parent must hold one of these values for the decision to exist."""

    parent: str
    values: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """One finite choice; with conditions it exists if any one of them holds."""

    name: str
    choices: tuple[Choice, ...]
    conditions: tuple[Condition, ...] = ()

    def index(self, value: object) -> int:
        """The position of a choice; numbers may arrive as NumPy scalars.

        Raises:
            UnknownChoiceError: The value is not a choice of this decision.
        """
        value = value.item() if isinstance(value, np.generic) else value
        for position, choice in enumerate(self.choices):
            if value == choice and isinstance(value, bool) == isinstance(choice, bool):
                return position
        raise UnknownChoiceError(self.name, value, self.choices)


@dataclass(frozen=True)
class Architecture:
    """One point of a space, in canonical form: only the decisions that exist, in the space's order."""

    space: str
    version: int
    decisions: Mapping[str, Choice]

    @cached_property
    def hash(self) -> str:
        """Sixteen hexadecimal digits, equal for equal networks of one version of a space."""
        text = json.dumps([self.space, self.version, sorted(self.decisions.items())])
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def __hash__(self) -> int:
        return int(self.hash, 16)

    def __reduce__(self) -> tuple[type["Architecture"], tuple[str, int, dict[str, Choice]]]:
        return Architecture, (self.space, self.version, dict(self.decisions))

    def to_json(self) -> dict[str, object]:
        """A mapping that `Space.from_json` reads back."""
        return {"space": self.space, "version": self.version, "decisions": dict(self.decisions)}


@dataclass(frozen=True)
class Space:
    """An ordered list of decisions with conditions and forbidden combinations.

    Parents stand before their children. `pack` brings a full assignment that describes
    a network in a roundabout way into its canonical form.
    """

    name: str
    version: int
    decisions: tuple[Decision, ...]
    forbidden: tuple[Mapping[str, Choice], ...] = ()
    pack: Callable[[dict[str, Choice]], dict[str, Choice]] | None = None
    includes: tuple[int, ...] = ()
    """Earlier versions all of whose architectures are the same networks in this one."""

    @cached_property
    def by_name(self) -> Mapping[str, Decision]:
        """The decisions by their names."""
        return MappingProxyType({decision.name: decision for decision in self.decisions})

    def is_active(self, decision: Decision, values: Mapping[str, Choice]) -> bool:
        """Whether the decision exists, given the values of the decisions that exist before it."""
        return not decision.conditions or any(
            condition.parent in values and values[condition.parent] in condition.values
            for condition in decision.conditions
        )

    def complete(self, values: Mapping[str, Choice]) -> Architecture:
        """The architecture of an assignment of every decision; what does not exist is left out.

        Raises:
            MissingDecisionError: A decision that exists has no value.
            UnknownChoiceError: A value is not a choice.
            ForbiddenCombinationError: The values together are forbidden.
        """
        kept = self._active(values)
        if self.pack is not None:
            kept = self._active({**values, **self.pack(kept)})
        for combination in self.forbidden:
            if all(kept.get(name) == value for name, value in combination.items()):
                raise ForbiddenCombinationError(combination)
        return Architecture(self.name, self.version, MappingProxyType(kept))

    def _active(self, values: Mapping[str, Choice]) -> dict[str, Choice]:
        kept: dict[str, Choice] = {}
        for decision in self.decisions:
            if self.is_active(decision, kept):
                if decision.name not in values:
                    raise MissingDecisionError(decision.name, decision.choices)
                kept[decision.name] = decision.choices[decision.index(values[decision.name])]
        return kept

    def parse(self, values: Mapping[str, object]) -> Architecture:
        """The architecture that a stranger describes.

        Raises:
            ArchitectureError: A decision or a value is unknown, missing or forbidden.
        """
        for name in values:
            if name not in self.by_name:
                raise UnknownDecisionError(self.name, str(name), list(self.by_name))
        checked = {
            name: self.by_name[name].choices[self.by_name[name].index(value)]
            for name, value in values.items()
        }
        return self.complete(checked)

    def from_json(self, document: Mapping[str, object]) -> Architecture:
        """The architecture of a `to_json` document, of an included version, too, or of its bare `decisions`.

        Raises:
            ArchitectureError: The document is of another space or version, or not allowed.
        """
        if document.get("space", self.name) != self.name or document.get("version", self.version) not in (
            self.version,
            *self.includes,
        ):
            found = f"{document.get('space')} {document.get('version')}"
            raise UnknownSpaceError(found, [f"{self.name} {self.version}"])
        inner = document.get("decisions", document)
        if not isinstance(inner, Mapping):
            raise MissingDecisionError("decisions", ("a mapping of names to values",))
        return self.parse(inner)

    def sample(self, generator: np.random.Generator) -> Architecture:
        """An allowed architecture, each decision drawn uniformly among its choices."""
        while True:
            values = {d.name: d.choices[int(generator.integers(len(d.choices)))] for d in self.decisions}
            try:
                return self.complete(values)
            except ForbiddenCombinationError:
                continue

    def config_space(self) -> ConfigurationSpace:
        """The same space as a ConfigSpace object, whose JSON is the published form."""
        space = ConfigurationSpace(name=f"{self.name}-{self.version}")
        parts = {
            d.name: CategoricalHyperparameter(d.name, list(d.choices), default_value=d.choices[-1])
            for d in self.decisions
        }
        space.add(list(parts.values()))
        for decision in self.decisions:
            conditions = [
                InCondition(parts[decision.name], parts[c.parent], list(c.values))
                for c in decision.conditions
            ]
            if conditions:
                space.add(conditions[0] if len(conditions) == 1 else OrConjunction(*conditions))
        for combination in self.forbidden:
            clauses = [ForbiddenEqualsClause(parts[name], value) for name, value in combination.items()]
            space.add(ForbiddenAndConjunction(*clauses))
        return space

    @classmethod
    def described(cls, name: str, version: int, decisions: Sequence[Decision], **rest: object) -> Self:
        """A space whose description is checked: unique names, parents before children."""
        seen: set[str] = set()
        for decision in decisions:
            if decision.name in seen:
                raise ValueError(decision.name)
            for condition in decision.conditions:
                if condition.parent not in seen:
                    raise ValueError(f"{decision.name} stands before its parent {condition.parent}")
            seen.add(decision.name)
        return cls(name, version, tuple(decisions), **rest)  # type: ignore[arg-type]  # keywords of the dataclass
