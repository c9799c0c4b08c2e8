"""What decisions are worth and how simple rules stand become sentences and bars."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.web.diagram import draw
from app.web.wording import MODULE_NAMES, NGRAM_NAMES

FIRST_SHOWN: Final = 6

_KINDS: Final = {
    "encoder": "sentence encoder",
    "table": "token table",
    "ngrams": "n-grams",
    "tune_table": "tuning the table",
    "hidden_layers": "hidden layers",
    "hidden_size": "width of the hidden layers",
    "activation": "activation",
    "normalisation": "normalisation",
    "dropout": "dropout",
    "deep_rate": "learning rate of the deep part",
    "deep_l2": "weight decay of the deep part",
    "wide_rate": "learning rate of the wide part",
    "wide_l1": "sparseness of the wide part",
    "class_weight": "weight of rare classes",
    "steps": "training steps",
}
_RULES: Final = {
    "best_on_average": "Best on average of the known tasks",
    "nearest_task": "Best of the nearest known task",
    "by_size": "Best on average of tasks of this size",
    "portfolio": "Best of a portfolio of five",
    "random": "A random architecture, in the mean",
}


def is_led_by_caution(ranked: Sequence[Mapping[str, Any]], *, prefer_small: float, outside: bool) -> bool:
    """Whether nothing but caution keeps one of which more is expected from leading the list."""
    most = max(one["expected_accuracy"] for one in ranked)
    return not outside and not prefer_small and round(most, 3) > round(ranked[0]["expected_accuracy"], 3)


@dataclass(frozen=True, slots=True)
class WorthBar:
    """One decision: what it is, over what, its gain, and its bar, of which `left` and `width` are percent."""

    what: str
    over: str
    gain: float
    left: float
    width: float

    @property
    def is_loss(self) -> bool:
        return self.gain < 0


@dataclass(frozen=True, slots=True)
class WorthView:
    """The inputs against having none of their kind, then every decision against its best other value."""

    inputs: tuple[WorthBar, ...]
    first: tuple[WorthBar, ...]
    others: tuple[WorthBar, ...]


@dataclass(frozen=True, slots=True)
class StandingView:
    """One rule: its words, what it would choose, what is expected of that, and the recommendation's lead."""

    words: str
    choice: str
    expected: float
    lead: float
    is_same: bool


def worth_view(worths: Sequence[Mapping[str, Any]]) -> WorthView | None:
    """The bars on one common scale; none where the answer is older than they are."""
    if not worths:
        return None
    most = max(max(abs(worth["gain"]) for worth in worths), 1e-4)
    lowest = min(0.0, min(worth["gain"] for worth in worths))
    scale = most - lowest
    drawn = [(worth["is_whole"], _bar(worth, -lowest / scale, scale)) for worth in worths]
    decisions = [bar for is_whole, bar in drawn if not is_whole]
    # What would be better otherwise matters as much as what is good: neither is folded away.
    first = sorted(decisions, key=lambda bar: -abs(bar.gain))[:FIRST_SHOWN]
    return WorthView(
        inputs=tuple(bar for is_whole, bar in drawn if is_whole),
        first=tuple(bar for bar in decisions if bar in first),
        others=tuple(bar for bar in decisions if bar not in first),
    )


def standing_views(
    found: Sequence[Mapping[str, Any]], first: Mapping[str, Any], classes: int
) -> tuple[StandingView, ...]:
    """The rules beside the first architecture of the recommendation."""
    return tuple(
        StandingView(
            words=_RULES[one["rule"]],
            choice=draw(one["decisions"], classes).sentence if one["decisions"] else "",
            expected=one["expected_accuracy"],
            lead=first["expected_accuracy"] - one["expected_accuracy"],
            is_same=one["hash"] == first["hash"],
        )
        for one in found
    )


def _bar(worth: Mapping[str, Any], zero: float, scale: float) -> WorthBar:
    decision, gain = worth["decision"], worth["gain"]
    kind = _KINDS.get(decision, decision.replace("_", " "))
    start = zero + min(gain, 0.0) / scale
    is_absent = worth["value"] == "none" and decision in ("encoder", "table", "ngrams")
    return WorthBar(
        what=f"no {kind}" if is_absent else f"{kind}: {_value(decision, worth['value'])}",
        over=f"over {'none' if worth['is_whole'] else _value(decision, worth['other'])}",
        gain=gain,
        left=round(100 * start, 2),
        width=round(max(100 * abs(gain) / scale, 0.6), 2),
    )


def _value(decision: str, value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if decision == "ngrams":
        return NGRAM_NAMES.get(str(value), str(value))
    if decision in ("encoder", "table"):
        return MODULE_NAMES.get(str(value), str(value))
    return f"{value:g}" if isinstance(value, float) else str(value)
