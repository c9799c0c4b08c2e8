"""The report as a whole: nothing found in health, the same bytes each time, a way through JSON."""

import json
from dataclasses import replace

from dvn.health import Kind, Severity, examine, report_of_json
from tests.dvn.health.unhealthy import found, healthy, healthy_texts


def test_nothing_is_found_where_nothing_is_wrong() -> None:
    report = examine(healthy())
    assert report.findings == ()
    assert (report.rows, report.classes) == (120, 3)


def test_the_same_dataset_gives_the_same_bytes() -> None:
    data = replace(healthy(), texts=tuple(healthy_texts(60) * 2))
    one, other = (json.dumps(examine(data).to_json()) for _ in range(2))
    assert one == other


def test_a_report_comes_back_from_json_as_it_was() -> None:
    texts = [*healthy_texts(100), "???", "cafÃ© noir", "a <br /> b"]
    data = replace(healthy(103), texts=tuple(texts))
    report = examine(data)
    assert len(report.findings) >= 3
    assert report_of_json(json.loads(json.dumps(report.to_json()))) == report


def test_the_gravest_finding_comes_first() -> None:
    texts = healthy_texts(100)
    data = replace(healthy(100), texts=(*texts[:80], *texts[:20]))
    severities = [one.severity for one in examine(data).findings]
    assert severities == sorted(severities, key=list(Severity).index)
    assert severities[0] is Severity.must_fix


def test_progress_goes_forward() -> None:
    steps: list[float] = []
    examine(healthy(), watch=lambda share, _: steps.append(share))
    assert steps == sorted(steps)
    assert 0 <= steps[0] < steps[-1] < 1


def test_what_cannot_be_stored_is_not_in_a_report() -> None:
    texts = [*healthy_texts(100), "??? \ud800 \x00", "!"]
    report = examine(replace(healthy(102), texts=tuple(texts)))
    document = json.dumps(report.to_json(), ensure_ascii=False)
    assert found(report, Kind.blank_texts) is not None
    assert "\\u0000" not in document
    assert document.encode()
