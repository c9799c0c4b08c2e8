"""An architecture's decisions become the boxes and links of a small picture, and one sentence."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.web.wording import MODULE_NAMES, NGRAM_NAMES
from dvn.architecture import get_space

_HEIGHT, _GAP, _TOP = 46, 14, 4
_COLUMNS = {"texts": (2, 62), "module": (100, 146), "hidden": (282, 112), "output": (430, 74)}
_WIDTH = 506


@dataclass(frozen=True, slots=True)
class Box:
    """A named part: its class in the style sheet, where it stands, and two lines of words."""

    kind: str
    x: float
    y: float
    width: float
    line1: str
    line2: str

    @property
    def centre(self) -> float:
        return self.x + self.width / 2

    @property
    def middle(self) -> float:
        return self.y + _HEIGHT / 2

    @property
    def baseline1(self) -> float:
        return self.y + (20 if self.line2 else 28)

    @property
    def baseline2(self) -> float:
        return self.y + 36


@dataclass(frozen=True, slots=True)
class Diagram:
    """Everything a template needs to draw one architecture."""

    width: int
    height: float
    box_height: int
    boxes: tuple[Box, ...]
    links: tuple[str, ...]
    sentence: str


def draw(decisions: Mapping[str, object], classes: int) -> Diagram:
    """The picture of one architecture of either space."""
    modules, hidden, wide = _parts(decisions)
    rows = len(modules) + (wide is not None)
    height = 2 * _TOP + rows * _HEIGHT + (rows - 1) * _GAP
    middle = (height - _HEIGHT) / 2
    deep_middle = _TOP + (len(modules) - 1) * (_HEIGHT + _GAP) / 2
    texts = _box("texts", "texts", middle, "Texts", "")
    output = _box("output", "output", middle, "Output", f"{classes} classes")
    inputs = [_box(kind, "module", _row(row), *words) for row, (kind, *words) in enumerate(modules)]
    boxes, links = [texts, output, *inputs], [_link(texts, box) for box in inputs]
    last = inputs
    if hidden and inputs:
        tower = _box("hidden", "hidden", deep_middle, *hidden)
        boxes.append(tower)
        links += [_link(box, tower) for box in inputs]
        last = [tower]
    links += [_link(box, output) for box in last]
    if wide is not None:
        side = _box("wide", "module", _row(len(modules)), *wide)
        boxes.append(side)
        links += [_link(texts, side), _link(side, output)]
    return Diagram(_WIDTH, height, _HEIGHT, tuple(boxes), tuple(links), _sentence(modules, hidden, wide))


def ordered(space: str, decisions: Mapping[str, Any]) -> dict[str, Any]:
    """The decisions in the order of their space, which the database does not keep."""
    return {
        decision.name: decisions[decision.name]
        for decision in get_space(space).decisions
        if decision.name in decisions
    }


_Words = tuple[str, str]


def _parts(
    decisions: Mapping[str, object],
) -> tuple[list[tuple[str, str, str]], _Words | None, _Words | None]:
    if "embedding" in decisions:
        return _relaxed_ffnn(decisions)
    modules: list[tuple[str, str, str]] = []
    if decisions.get("encoder", "none") != "none":
        modules.append(("encoder frozen", _module(decisions["encoder"]), "frozen encoder"))
    if decisions.get("table", "none") != "none":
        tuned = bool(decisions.get("tune_table"))
        kind, words = ("table", "table, tuned") if tuned else ("table frozen", "frozen table")
        modules.append((kind, _module(decisions["table"]), words))
    layers = int(str(decisions.get("hidden_layers", 0)))
    hidden = (f"{layers} \u00d7 {decisions['hidden_size']}", f"{decisions['activation']}") if layers else None
    ngrams = str(decisions.get("ngrams", "none"))
    wide = (NGRAM_NAMES.get(ngrams, ngrams), "wide, linear") if ngrams != "none" else None
    return modules, hidden, wide


def _module(name: object) -> str:
    """The name for a person; a module that is no longer in use keeps its own."""
    return MODULE_NAMES.get(str(name), str(name))


def _relaxed_ffnn(
    decisions: Mapping[str, object],
) -> tuple[list[tuple[str, str, str]], _Words | None, _Words | None]:
    name = _module(decisions["embedding"])
    bases = [str(value).split("_") for key, value in decisions.items() if key.startswith("base_")]
    modules = [("encoder frozen", name, "frozen")]
    if not bases:
        return modules, None, None
    return modules, (f"{len(bases)} layers", " ".join(size for _, size in bases)), None


def _sentence(modules: list[tuple[str, str, str]], hidden: _Words | None, wide: _Words | None) -> str:
    deep = " and ".join(f"{name} ({role})" for _, name, role in modules)
    towers = []
    if deep:
        verb = "feed" if len(modules) > 1 else "feeds"
        target = f"hidden layers of {hidden[0]}, {hidden[1]}" if hidden else "the output directly"
        towers.append(f"{deep} {verb} {target}")
    if wide:
        towers.append(f"{wide[0].lower()} feed a linear wide tower")
    return "; ".join(towers) + "."


def _row(row: int) -> float:
    return _TOP + row * (_HEIGHT + _GAP)


def _box(kind: str, column: str, y: float, line1: str, line2: str) -> Box:
    x, width = _COLUMNS[column]
    return Box(kind, x, y, width, line1, line2)


def _link(start: Box, end: Box) -> str:
    x1, y1, x2, y2 = start.x + start.width, start.middle, end.x - 4, end.middle
    bend = max(14.0, min(30.0, (x2 - x1) / 2))
    return f"M{x1:g} {y1:g}H{x2 - 2 * bend:g}C{x2 - bend:g} {y1:g} {x2 - bend:g} {y2:g} {x2:g} {y2:g}"
