"""A track record's figures by hand, and a document that comes back as it went."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from dvn.evaluation.track_record import (
    TrackRecord,
    UnusableTrackRecordError,
    coverage_of,
    read_track_record,
)
from tests.dvn.track_records import record_of, tracked


def record() -> TrackRecord:
    """Three tasks of two families: inside, below and above their intervals."""
    return record_of(
        tracked("inside", expected=0.80, low=0.70, high=0.90, reached=0.75),
        tracked("below", expected=0.80, low=0.70, high=0.90, reached=0.60, family="twins"),
        tracked("above", expected=0.50, low=0.40, high=0.60, reached=0.70, family="twins", spearman=None),
    )


def test_the_figures_over_all_tasks_are_those_by_hand() -> None:
    found = record()
    assert (found.coverage.covered, found.coverage.tasks) == (1, 3)
    assert found.families == 2
    assert found.mean_width == pytest.approx(0.2)
    assert found.mean_error == pytest.approx((0.05 + 0.20 + 0.20) / 3)
    assert found.mean_regret == pytest.approx((0.9 - 0.75 + 0.9 - 0.6 + 0.9 - 0.7) / 3)
    assert found.mean_spearman == pytest.approx(0.5)


def test_an_end_of_the_interval_belongs_to_it() -> None:
    assert tracked("low", low=0.7, reached=0.7).is_covered
    assert tracked("high", high=0.9, reached=0.9).is_covered
    assert not tracked("over", high=0.9, reached=0.9001).is_covered


def test_coverage_has_the_published_exact_interval() -> None:
    found = coverage_of([True] * 8 + [False] * 2)
    assert (found.share, found.low, found.high) == pytest.approx((0.8, 0.4439, 0.9748), abs=5e-4)


def test_wins_and_losses_are_against_the_best_on_average_where_it_was_recorded() -> None:
    found = record_of(
        tracked("win", reached=0.8, best_on_average=0.7),
        tracked("loss", reached=0.8, best_on_average=0.9),
        tracked("tie", reached=0.8, best_on_average=0.8),
        tracked("unknown", reached=0.8, best_on_average=None),
    ).against_best_on_average
    assert (found.wins, found.losses, found.ties) == (1, 1, 1)
    assert found.p_value == pytest.approx(1.0)


def test_without_a_difference_there_is_no_p_value() -> None:
    assert record_of(tracked("tie", reached=0.8, best_on_average=0.8)).against_best_on_average.p_value is None


def test_a_saved_record_comes_back_and_states_its_figures(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    record().save(path)
    assert read_track_record(path) == record()
    document = json.loads(path.read_text(encoding="utf-8"))
    assert document["coverage"]["covered"] == 1
    assert document["tasks"][0]["is_covered"] is True
    assert {"checkpoint", "snapshot_hash", "code_version", "command", "made_at"} <= document.keys()
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"format": 99}, "another version"),
        ({"tasks": []}, "no task"),
        ({"made_at": "yesterday"}, "not whole"),
        ({"tasks": [{"name": "half"}]}, "'family'"),
    ],
)
def test_a_record_of_another_form_is_refused_in_a_sentence(
    tmp_path: Path, change: dict[str, object], reason: str
) -> None:
    path = tmp_path / "record.json"
    path.write_text(json.dumps(record().document() | change), encoding="utf-8")
    with pytest.raises(UnusableTrackRecordError, match=reason):
        read_track_record(path)


@pytest.mark.parametrize("content", ["", "[]", "{"])
def test_what_is_no_record_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "record.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UnusableTrackRecordError, match="forethought evaluate --track-record"):
        read_track_record(path)


def test_a_share_outside_0_to_1_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    replace(record(), tasks=(tracked("percent", high=90.0),)).save(path)
    with pytest.raises(UnusableTrackRecordError, match="percent has a figure outside 0 to 1"):
        read_track_record(path)


def test_choices_are_compared_where_best_on_average_was_run_and_intervals_everywhere() -> None:
    record = record_of(
        tracked("full", reached=0.8, best_by_validation=0.85, spearman=0.7),
        tracked("full@300", reached=0.5, best_by_validation=0.8, best_on_average=None, spearman=0.1),
    )
    assert [task.name for task in record.compared] == ["full"]
    assert record.mean_regret == pytest.approx(0.05)
    assert record.mean_spearman == pytest.approx(0.7)
    assert record.coverage.tasks == 2
