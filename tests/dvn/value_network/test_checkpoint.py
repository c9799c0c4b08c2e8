"""A checkpoint on disk says what it said in memory, or is refused in a sentence."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis.strategies import floats, lists

from dvn.architecture import get_space
from dvn.metafeatures import describe_task
from dvn.value_network import Checkpoint, Experience, UnusableCheckpointError, make_checkpoint
from dvn.value_network.calibration import FLOOR, Calibration, angle
from dvn.value_network.checkpoint import MANIFEST, WEIGHTS
from tests.dvn.experiences import QUICK, architectures, known_task
from tests.synthetic import TOPICS, texts_of

Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def saved(checkpoint: Checkpoint, tmp_path: Path) -> Path:
    checkpoint.save(tmp_path / "saved")
    return tmp_path / "saved"


def test_what_is_loaded_predicts_to_the_bit_what_was_saved(
    checkpoint: Checkpoint, experience: Experience, saved: Path
) -> None:
    loaded = Checkpoint.load(saved)
    assert loaded.id == checkpoint.id
    assert loaded.manifest() == checkpoint.manifest()
    asked = architectures(20, seed=5)
    for task in experience.tasks[:2]:
        first, second = (c.predict(asked, c.describe(task.description)) for c in (checkpoint, loaded))
        for name in ("scores", "accuracies", "train_seconds", "predict_milliseconds", "bundle_bytes"):
            assert np.array_equal(getattr(first, name), getattr(second, name))
        assert first.doubt == second.doubt
        intervals = [c.interval(first.accuracies, first.doubt) for c in (checkpoint, loaded)]
        assert np.array_equal(intervals[0], intervals[1])
    assert loaded.best_on_average == checkpoint.best_on_average


def test_saving_what_was_loaded_writes_the_same_bytes(saved: Path, tmp_path: Path) -> None:
    Checkpoint.load(saved).save(tmp_path / "again")
    for name in (MANIFEST, WEIGHTS):
        assert (saved / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_scores_of_an_evaluation_are_kept(experience: Experience, tmp_path: Path) -> None:
    make_checkpoint(experience, QUICK, scores={"spearman": 0.5}).save(tmp_path)
    assert Checkpoint.load(tmp_path).scores == {"spearman": 0.5}


@pytest.mark.parametrize("name", [MANIFEST, WEIGHTS])
def test_a_missing_file_is_named(saved: Path, name: str) -> None:
    (saved / name).unlink()
    with pytest.raises(
        UnusableCheckpointError, match=f"saved cannot be used: {MANIFEST} or {WEIGHTS} cannot"
    ):
        Checkpoint.load(saved)


def test_damaged_weights_are_noticed(saved: Path) -> None:
    damaged = bytearray((saved / WEIGHTS).read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (saved / WEIGHTS).write_bytes(bytes(damaged))
    with pytest.raises(
        UnusableCheckpointError, match=r"is damaged \(its checksum differs\); `forethought fit` makes"
    ):
        Checkpoint.load(saved)


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe\x00", b""])
def test_an_unreadable_manifest_is_refused(saved: Path, content: bytes) -> None:
    (saved / MANIFEST).write_bytes(content)
    with pytest.raises(UnusableCheckpointError, match="cannot be read"):
        Checkpoint.load(saved)


@pytest.mark.parametrize(
    "change",
    [
        lambda manifest: manifest.update(format=1),
        lambda manifest: manifest.update(form="unheard_of"),
        lambda manifest: manifest.update(space_version=99),
        lambda manifest: manifest.update(space="unheard_of"),
        lambda manifest: manifest["handmade"].append("phase_of_the_moon"),
        lambda manifest: manifest.pop("format"),
        lambda manifest: manifest.clear(),
    ],
    ids=["format", "form", "space version", "unknown space", "meta-features", "no format", "nothing"],
)
def test_a_checkpoint_of_another_version_is_refused(saved: Path, change: Change) -> None:
    rewrite(saved, change)
    with pytest.raises(UnusableCheckpointError, match="another version of Forethought made it"):
        Checkpoint.load(saved)


@pytest.mark.parametrize(
    "change",
    [
        lambda manifest: manifest["features"].append("unheard_of"),
        lambda manifest: manifest["best_on_average"][0].update(encoder="unheard_of"),
        *(
            lambda manifest, key=key: manifest.pop(key)
            for key in ("features", "calibration", "tasks", "far", "best_on_average", "id", "snapshot_hash")
        ),
    ],
)
def test_a_manifest_that_lacks_something_is_refused(saved: Path, change: Change) -> None:
    rewrite(saved, change)
    with pytest.raises(
        UnusableCheckpointError, match="do not fit together; `forethought fit` makes a new one"
    ):
        Checkpoint.load(saved)


def test_a_manifest_that_is_no_object_is_refused(saved: Path) -> None:
    (saved / MANIFEST).write_text("[1]", encoding="utf-8")
    with pytest.raises(UnusableCheckpointError, match="another version"):
        Checkpoint.load(saved)


def test_weights_of_another_checkpoint_are_refused(
    saved: Path, experience: Experience, tmp_path: Path
) -> None:
    make_checkpoint(experience, replace(QUICK, groups=())).save(tmp_path / "other")
    shutil.copy(tmp_path / "other" / WEIGHTS, saved / WEIGHTS)
    with pytest.raises(UnusableCheckpointError, match="checksum differs"):
        Checkpoint.load(saved)


def test_neither_texts_nor_class_names_are_saved(experience: Experience, tmp_path: Path) -> None:
    texts, labels = zip(*texts_of(60), strict=True)
    task = known_task(0, describe_task(texts, labels))
    make_checkpoint(replace(experience, tasks=(task, *experience.tasks[1:])), QUICK).save(tmp_path)
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir()).lower()
    words = {word for words in TOPICS.values() for word in words} | set(TOPICS)
    assert [word for word in sorted(words) if word.encode() in stored] == []
    assert b"task 0" in stored


@settings(max_examples=50, deadline=None)
@given(
    accuracies=lists(floats(0.001, 0.999), min_size=1, max_size=5),
    offsets=lists(floats(-13.8, 13.8), min_size=3, max_size=3),
)
def test_an_interval_lies_in_order_strictly_between_zero_and_one(
    checkpoint: Checkpoint, accuracies: list[float], offsets: list[float]
) -> None:
    low, middle, high = sorted(offsets)
    calibrated = replace(checkpoint, calibration=Calibration(0.9, low, middle, high, 9))
    expected, lowest, highest = calibrated.interval(np.array(accuracies, dtype=np.float32))
    assert (lowest > 0).all()
    assert (lowest <= expected).all()
    assert (expected <= highest).all()
    assert (highest < 1).all()


def test_without_offsets_the_expected_accuracy_is_the_predicted(checkpoint: Checkpoint) -> None:
    points = replace(checkpoint, calibration=Calibration(0.0, 0.0, 0.0, 0.0, 0))
    for end in points.interval(np.array([0.2, 0.9])):
        np.testing.assert_allclose(end, [0.2, 0.9])


def test_the_width_in_angles_is_of_the_doubt_beside_what_is_always_doubtful(checkpoint: Checkpoint) -> None:
    centred = replace(checkpoint, calibration=Calibration(0.9, -1.0, 0.0, 1.0, 9))
    ends = [centred.interval(np.array([0.5]), doubt)[1:] for doubt in (0.0, 0.4 * 3**0.5)]
    widths = [angle(high) - angle(low) for low, high in ends]
    np.testing.assert_allclose(widths, [[2 * FLOOR], [4 * FLOOR]])


def test_a_vertex_scores_as_its_architecture(checkpoint: Checkpoint, experience: Experience) -> None:
    task = checkpoint.describe(experience.tasks[0].description)
    asked = architectures(8, seed=4)
    relaxed = checkpoint.score(torch.from_numpy(checkpoint.relaxation.vertices(asked)), task)
    np.testing.assert_allclose(relaxed.numpy(), checkpoint.predict(asked, task).scores, atol=1e-5)


def test_the_block_of_a_decision_that_does_not_exist_never_matters(
    checkpoint: Checkpoint, experience: Experience
) -> None:
    task = checkpoint.describe(experience.tasks[0].description)
    relaxation, space = checkpoint.relaxation, get_space(checkpoint.space)
    generator = torch.Generator().manual_seed(0)
    changed = 0
    for architecture in architectures(12, seed=3):
        u = torch.from_numpy(relaxation.vertex(architecture)).unsqueeze(0)
        other = u.clone()
        for decision in space.decisions:
            if decision.name not in architecture.decisions:
                block = relaxation.blocks[decision.name]
                logits = 3 * torch.randn(block.stop - block.start, generator=generator)
                other[0, block] = torch.softmax(logits, dim=0)
                changed += 1
        torch.testing.assert_close(
            checkpoint.score(u, task), checkpoint.score(other, task), atol=1e-6, rtol=0
        )
    assert changed > 10


def test_a_decision_that_exists_matters(checkpoint: Checkpoint, experience: Experience) -> None:
    task = checkpoint.describe(experience.tasks[0].description)
    scores = checkpoint.predict(architectures(8, seed=4), task).scores
    assert len(set(scores.tolist())) == 8


def rewrite(folder: Path, change: Change) -> None:
    path = folder / MANIFEST
    manifest = json.loads(path.read_text(encoding="utf-8"))
    change(manifest)
    path.write_text(json.dumps(manifest), encoding="utf-8")
