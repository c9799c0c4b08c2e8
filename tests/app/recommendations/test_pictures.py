"""Fronts, worths and records become what the page prints."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.recommendations.front_picture import front_picture
from app.recommendations.reasons import FIRST_SHOWN, is_led_by_caution, worth_view
from app.recommendations.records import Beaten, records_of
from app.settings import Settings


def point(name: str, step: float, accuracy: float, size: int) -> dict[str, Any]:
    return {
        "prefer_small": step,
        "hash": name,
        "expected_accuracy": accuracy,
        "seconds": 1.0,
        "bytes": size,
        "milliseconds": size / 1e7,
    }


def test_each_architecture_of_the_front_is_one_dot_from_where_it_leads() -> None:
    front = [
        point("large", 0.0, 0.9, 40_000_000),
        point("large", 0.05, 0.9, 40_000_000),
        point("small", 0.1, 0.85, 1_000_000),
        point("tiny", 0.15, 0.8, 50_000),
        point("tiny", 0.2, 0.8, 50_000),
    ]
    picture = front_picture(front, "small")
    assert picture is not None
    assert [dot.prefer_small for dot in picture.dots] == [0.0, 0.1, 0.15]
    assert [dot.is_chosen for dot in picture.dots] == [False, True, False]
    across, down = [dot.x for dot in picture.dots], [dot.y for dot in picture.dots]
    assert across == sorted(across, reverse=True)
    assert down == sorted(down)
    assert all(picture.left <= x <= picture.right for x in across)
    assert all(0 <= y <= picture.bottom for y in down)


def test_a_single_architecture_is_no_front() -> None:
    assert front_picture([point("one", step, 0.9, 1_000) for step in (0.0, 0.5)], "one") is None
    assert front_picture([], "one") is None


def worth(decision: str, gain: float, *, is_whole: bool = False) -> dict[str, Any]:
    return {"decision": decision, "value": "a", "other": "b", "gain": gain, "is_whole": is_whole}


def test_the_largest_gains_and_losses_are_shown_and_all_bars_share_a_scale() -> None:
    gains = [0.03, 0.02, 0.01, 0.009, 0.008, 0.007, 0.001, -0.02]
    decisions = [
        "steps",
        "dropout",
        "activation",
        "hidden_size",
        "deep_rate",
        "wide_rate",
        "deep_l2",
        "table",
    ]
    found = [worth(name, gain) for name, gain in zip(decisions, gains, strict=True)]
    view = worth_view([worth("encoder", 0.05, is_whole=True), *found])
    assert view is not None
    assert [bar.gain for bar in view.first] == [0.03, 0.02, 0.01, 0.009, 0.008, -0.02]
    assert len(view.first) == FIRST_SHOWN
    assert [bar.gain for bar in view.others] == [0.007, 0.001]
    assert view.first[-1].is_loss
    zero = view.inputs[0].left
    for bar in (*view.inputs, *view.first, *view.others):
        edge = bar.left + bar.width if bar.is_loss else bar.left
        assert edge == pytest.approx(zero, abs=0.1)
        assert 0 <= bar.left <= bar.left + bar.width <= 100.1


def test_counts_come_from_the_files_that_ship(web_settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "wide_deep"
    folder.mkdir()
    settings = web_settings.model_copy(update={"experience": tmp_path})
    assert records_of(settings, "wide_deep").tfidf is None
    record = {"against_best_on_average": {"wins": 3, "losses": 2, "ties": 1, "p_value": None}}
    (folder / "track_record.json").write_text(json.dumps(record))
    reached = {"one": (0.8, 0.7), "two": (0.5, 0.6), "three": (0.9, 0.8)}
    lines = [
        {"task": task, "contender": contender, "seed": seed, "test_accuracy": value + 0.01 * seed}
        for task, values in reached.items()
        for contender, value in zip(
            ("zero-trial (ours)", "TF-IDF + logistic regression"), values, strict=True
        )
        for seed in (0, 1)
    ]
    lines.append({"task": "four", "contender": "zero-trial (ours)", "seed": 0, "test_accuracy": 0.9})
    (folder / "left_out_tasks.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    found = records_of(settings, "wide_deep")
    assert found.best_on_average == Beaten(3, 2, 1)
    assert found.tfidf == Beaten(2, 1, 0)
    (folder / "left_out_tasks.jsonl").write_text("{broken")
    assert records_of(settings, "wide_deep").tfidf is None


@pytest.mark.parametrize(
    ("accuracies", "price", "outside", "is_careful"),
    [
        ((0.80, 0.81), 0.0, False, True),
        ((0.80, 0.8004), 0.0, False, False),
        ((0.81, 0.80), 0.0, False, False),
        ((0.80, 0.81), 0.3, False, False),
        ((0.80, 0.81), 0.0, True, False),
    ],
)
def test_caution_is_told_where_nothing_else_explains_the_order(
    accuracies: tuple[float, float], price: float, *, outside: bool, is_careful: bool
) -> None:
    ranked = [point("one", 0.0, accuracies[0], 1_000), point("two", 0.0, accuracies[1], 1_000)]
    assert is_led_by_caution(ranked, prefer_small=price, outside=outside) is is_careful
