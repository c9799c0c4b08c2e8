"""One architecture, trained once on one task under a budget, becomes a classifier and an outcome.

Single-threaded, seeded, repeatable to the bit on one machine. The test part is measured once, at the end.
"""

import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from jaxtyping import Float, Int

from dvn.architecture import Architecture
from dvn.data.dataset import Dataset
from dvn.data.split import Split
from dvn.training.best_so_far import BestSoFar
from dvn.training.child import Child, Inputs
from dvn.training.features import TaskFeatures
from dvn.training.metrics import METRICS, MetricName, confusion
from dvn.training.outcome import (
    Budget,
    CurvePoint,
    DivergedError,
    NoTrainingRowsError,
    Outcome,
    Progress,
    RunCost,
    StoppedBy,
    TrainingCancelledError,
    Watch,
)
from dvn.training.pipeline import Pipeline, assemble
from dvn.training.plan import BATCH, Plan, plan
from dvn.training.single_thread import single_thread
from dvn.training.steps import Steps
from dvn.training.temperature import fitted_temperature
from dvn.training.trained import TrainedClassifier

CURVE_POINTS = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 3 / 4)
WATCH_SECONDS = 0.1
"""Compiled steps run about this long between two looks at the watcher and the clock."""

_MOST_CHUNK = 256


@dataclass(frozen=True, slots=True)
class Trained:
    """A classifier, and what its run left behind."""

    classifier: TrainedClassifier
    outcome: Outcome


def train(
    dataset: Dataset,
    split: Split,
    architecture: Architecture,
    *,
    features: TaskFeatures | None = None,
    seed: int = 0,
    budget: Budget | None = None,
    watch: Watch | None = None,
) -> Trained:
    """The classifier of one run and its outcome.

    Args:
        dataset: Labelled texts.
        split: Row indices of train, validation and test.
        architecture: What to train.
        features: Inputs kept between runs on the same split; made anew if not given.
        seed: Draws the initial weights, the order of the rows and the dropout.
        budget: Limits on steps and seconds, and the metric that tells which state is kept.
        watch: Told the progress several times a second; returning False cancels.

    Raises:
        TrainingCancelledError: The watcher asked to stop.
        DivergedError: The loss stopped being finite.
        NoTrainingRowsError: A part of the split is empty.
    """
    for part, rows in (("train", split.train), ("validation", split.validation), ("test", split.test)):
        if len(rows) == 0:
            raise NoTrainingRowsError(part, 0)
    clock = _Clock(watch, budget or Budget())
    with single_thread():
        chosen = plan(architecture, train_rows=len(split.train))
        clock.tell("features", 0, len(dataset.texts))
        features = features or TaskFeatures(dataset, split)
        features.watch = lambda done: clock.tell("features", done, len(dataset.texts))
        pipeline, inputs = assemble(chosen, features)
        run = _Run(chosen, pipeline, inputs, dataset.label_ids, split, seed, clock)
        run.fit(len(dataset.classes))
        classifier = TrainedClassifier(architecture, dataset.classes, pipeline, run.child)
        outcome = _outcome(run, classifier, dataset, features)
        return Trained(replace(classifier, temperature=outcome.temperature), outcome)


@dataclass(slots=True)
class _Clock:
    """Wall time of a run, its limits, and the watcher it reports to."""

    watch: Watch | None
    budget: Budget
    started: float = field(default_factory=time.perf_counter)
    told: float = 0.0

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self.started

    def tell(self, phase: str, step: int, steps: int, value: float | None = None) -> None:
        seconds = self.seconds
        if self.watch is None or (
            phase == "training" and value is None and seconds - self.told < WATCH_SECONDS
        ):
            return
        self.told = seconds
        if not self.watch(Progress(phase, step, steps, seconds, value)):  # type: ignore[arg-type]  # literal
            raise TrainingCancelledError(step, steps)


@dataclass(slots=True)
class _Run:
    """One training in progress."""

    plan: Plan
    pipeline: Pipeline
    inputs: Inputs
    labels: Int[np.ndarray, " texts"]
    split: Split
    seed: int
    clock: _Clock
    child: Child = field(init=False)
    validation: Inputs = field(init=False)
    curve: list[CurvePoint] = field(default_factory=list)
    best: BestSoFar = field(default_factory=BestSoFar)
    steps: int = 0
    is_ended_early: bool = False
    is_earlier_kept: bool = False
    began: float = 0.0
    fit_seconds: float = 0.0

    @property
    def planned_steps(self) -> int:
        return min(self.plan.steps, self.clock.budget.max_steps or self.plan.steps)

    @property
    def stopped_by(self) -> StoppedBy:
        if self.is_ended_early:
            return "wish"
        if self.is_earlier_kept:
            return "score"
        return "steps" if self.steps >= self.planned_steps else "seconds"

    def fit(self, classes: int) -> None:
        generator = np.random.default_rng(self.seed)
        weights = _row_weights(self.labels, self.split.train, classes, self.plan.class_weight)
        torch_generator = torch.Generator().manual_seed(self.seed)
        self.child = self.pipeline.new_child(self.plan, self.inputs, classes, torch_generator)
        self.child.bias[:] = _log_prior(self.labels[self.split.train], weights[self.split.train], classes)
        self.validation = self.pipeline.part(self.inputs, self.split.validation)
        self.began = time.thread_time()
        self._steps(generator, weights)
        self.fit_seconds = time.thread_time() - self.began

    def _steps(self, generator: np.random.Generator, weights: Float[np.ndarray, " texts"]) -> None:
        total = self.planned_steps
        marks = {max(1, round(total * share)) for share in CURVE_POINTS}
        batches = _batches(self.split.train, generator)
        steps = Steps(
            self.child, self.plan, self.inputs, self.labels, weights, min(BATCH, len(self.split.train))
        )
        began = self.clock.seconds
        chunk = 1
        while self.steps < total and self.clock.seconds - began <= self.clock.budget.max_seconds:
            number = min(chunk, min(mark for mark in [*marks, total] if mark > self.steps) - self.steps)
            chosen = np.stack([next(batches) for _ in range(number)])
            started = self.clock.seconds
            if steps.run(chosen, self._schedules(number)) < number:
                raise DivergedError(steps.done + 1, total)
            self.steps = steps.done
            reached = self._validate(steps) if self.steps in marks else None
            self.clock.tell("training", self.steps, total, reached)
            pace = (self.clock.seconds - started) / number
            chunk = max(1, min(_MOST_CHUNK, int(WATCH_SECONDS / max(pace, 1e-6))))
            if self.steps < total and self._is_enough():
                self.is_ended_early = True
                break
        steps.give_back()
        if self.is_ended_early or self.clock.budget.metric != "accuracy":
            self._keep_the_best(steps)

    def _is_enough(self) -> bool:
        is_enough = self.clock.budget.is_enough
        return bool(self.curve) and is_enough is not None and is_enough()

    def _keep_the_best(self, steps: Steps) -> None:
        """Stay here, or go back to where the validation texts were classified best."""
        if not self.curve or self.curve[-1].step != self.steps:
            self._validate(steps)
        self.is_earlier_kept = self.best.step != self.steps
        if self.is_earlier_kept:
            self.best.give_back(self.child)
            self.steps = self.best.step

    def _schedules(self, number: int) -> Float[np.ndarray, " steps"]:
        """The factors on the learning rates of the next steps: falling to zero if the plan decays."""
        done = np.arange(self.steps, self.steps + number)
        return 1.0 - done / self.planned_steps if self.plan.decays else np.ones(number)

    def _validate(self, steps: Steps) -> float:
        seconds = time.thread_time() - self.began
        steps.give_back()
        guessed = self.child.probabilities(self.validation).argmax(axis=1)
        matrix = confusion(self.labels[self.split.validation], guessed, len(self.child.bias))
        metric = self.clock.budget.metric
        # The accuracy is drawn for every run, so that curves can be compared.
        drawn: tuple[MetricName, ...] = ("accuracy",) if metric == "accuracy" else ("accuracy", metric)
        for name in drawn:
            self.curve.append(CurvePoint(self.steps, f"validation_{name}", METRICS[name](matrix), seconds))
        reached = self.curve[-1].value
        if metric != "accuracy" or self.clock.budget.is_enough is not None:
            self.best.consider(self.child, self.steps, reached)
        return reached


def _outcome(run: _Run, classifier: TrainedClassifier, dataset: Dataset, features: TaskFeatures) -> Outcome:
    run.clock.tell("evaluating", run.steps, run.plan.steps)
    classes = len(dataset.classes)
    metrics: dict[tuple[str, str], float] = {}
    tables, probabilities = {}, {}
    seconds = 0.0
    for part in ("validation", "test"):
        rows = getattr(run.split, part)
        began = time.thread_time()
        inputs = run.validation if part == "validation" else run.pipeline.part(run.inputs, rows)
        guessed = probabilities[part] = run.child.probabilities(inputs)
        seconds += time.thread_time() - began
        if not np.isfinite(guessed).all():
            raise DivergedError(run.steps, run.plan.steps)
        tables[part] = confusion(run.labels[rows], guessed.argmax(axis=1), classes)
        metrics |= {(part, name): measured(tables[part]) for name, measured in METRICS.items()}
    if not run.curve or run.curve[-1].step < run.steps:
        last = metrics["validation", "accuracy"]
        run.curve.append(CurvePoint(run.steps, "validation_accuracy", last, run.fit_seconds))
    return Outcome(
        metrics=metrics,
        curve=tuple(run.curve),
        cost=_cost(run, classifier, features, seconds),
        validation_probabilities=probabilities["validation"],
        test_probabilities=probabilities["test"],
        temperature=fitted_temperature(probabilities["validation"], run.labels[run.split.validation]),
        test_confusion=tables["test"],
        test_rows=len(run.split.test),
        steps=run.steps,
        stopped_by=run.stopped_by,
    )


def _cost(run: _Run, classifier: TrainedClassifier, features: TaskFeatures, seconds: float) -> RunCost:
    """What the run cost; `seconds` were spent on predicting both measured parts."""
    measured = len(run.split.validation) + len(run.split.test)
    embed = run.pipeline.embed_seconds(features)
    return RunCost(
        embed_seconds=embed,
        train_seconds=run.fit_seconds,
        predict_milliseconds=1e3 * (seconds / measured + embed / max(len(features.dataset.texts), 1)),
        peak_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        parameters=run.child.parameters,
        bundle_bytes=classifier.bundle_bytes(),
    )


def _batches(
    rows: Int[np.ndarray, " train"], generator: np.random.Generator
) -> Iterator[Int[np.ndarray, " batch"]]:
    """Endless batches: each pass over the rows in a new order, the last batch filled from the next pass."""
    size = min(BATCH, len(rows))
    left = np.empty(0, dtype=np.int64)
    while True:
        if len(left) < size:
            left = np.concatenate([left, generator.permutation(rows)])
        batch, left = left[:size], left[size:]
        yield batch


def _row_weights(
    labels: Int[np.ndarray, " texts"], train: Int[np.ndarray, " train"], classes: int, power: float
) -> Float[np.ndarray, " texts"]:
    """Weights of mean one over train: (inverse class frequency) ** power."""
    counts = np.bincount(labels[train], minlength=classes).clip(min=1)
    raw = (len(train) / counts) ** power
    weights = raw[labels]
    scaled: np.ndarray = (weights / weights[train].mean()).astype(np.float32)
    return scaled


def _log_prior(
    labels: Int[np.ndarray, " train"], weights: Float[np.ndarray, " train"], classes: int
) -> Float[np.ndarray, " classes"]:
    mass = np.bincount(labels, weights=weights, minlength=classes) + 1.0
    prior: np.ndarray = np.log(mass / mass.sum()).astype(np.float32)
    return prior
