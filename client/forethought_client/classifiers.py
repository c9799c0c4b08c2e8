"""Recommendations become classifiers; classifiers predict."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, final

from forethought_client.answers import (
    Assessment,
    Classifier,
    Dataset,
    Job,
    Prediction,
    Recommendation,
    Training,
    WorstError,
)
from forethought_client.decode import decode
from forethought_client.errors import TrainingEndedError
from forethought_client.jobs import Jobs
from forethought_client.transport import Transport, id_of, ignore


@final
class Classifiers:
    """Trained text models and their predictions."""

    def __init__(self, transport: Transport, jobs: Jobs) -> None:
        self._transport, self._jobs = transport, jobs

    def start(
        self,
        dataset: "Dataset | str",
        *,
        recommendation: "Recommendation | str | None" = None,
        rank: int = 1,
        architecture: Mapping[str, Any] | None = None,
        seed: int = 0,
        metric: str | None = None,
    ) -> Training:
        """Start a training: of a recommendation's architecture of this rank, or of the one that is given.

        `metric` tells which step is kept: "accuracy", "macro_f1" or "balanced_accuracy"; without it, what the
        recommendation was asked for.
        """
        body: dict[str, Any] = {"dataset": id_of(dataset), "rank": rank, "seed": seed}
        if recommendation is not None:
            body["recommendation"] = id_of(recommendation)
        if architecture is not None:
            body["architecture"] = architecture
        if metric is not None:
            body["metric"] = metric
        return self._transport.change(Training, "POST", "/classifiers", body)

    def train(
        self,
        dataset: "Dataset | str",
        *,
        told: Callable[[Job], object] = ignore,
        timeout_seconds: float | None = None,
        **choice: Any,
    ) -> Classifier:
        """Train and wait until the classifier is ready; `choice` is what `start` takes.

        Raises:
            TrainingEndedError: The training failed or was cancelled.
            TimeoutError: It has not ended in time; it goes on.
        """
        training = self.start(dataset, **choice)
        ended = self._jobs.wait(training.job, told=told, timeout_seconds=timeout_seconds)
        if ended.state != "finished":
            raise TrainingEndedError(ended.error or f"The training is {ended.state}.")
        return self.get(training.classifier)

    def again(self, classifier: "Classifier | str") -> Training:
        """Start a training like one that failed or was cancelled."""
        return self._transport.change(Training, "POST", f"/classifiers/{id_of(classifier)}/again")

    def keep_best(self, classifier: "Classifier | str") -> Classifier:
        """End a training now and keep the best so far."""
        return self._transport.change(Classifier, "POST", f"/classifiers/{id_of(classifier)}/keep")

    def get(self, classifier: "Classifier | str") -> Classifier:
        """A classifier."""
        return self._transport.get(Classifier, f"/classifiers/{id_of(classifier)}")

    def all(self, *, dataset: "Dataset | str | None" = None) -> Iterator[Classifier]:
        """Every classifier, the newest first; of one dataset only, if it is given."""
        about = None if dataset is None else id_of(dataset)
        return self._transport.pages(Classifier, "/classifiers", "classifiers", dataset=about)

    def predict(
        self,
        classifier: "Classifier | str",
        texts: Sequence[str],
        *,
        abstain_below: float | None = None,
        explain: bool = False,
        top: int = 0,
    ) -> list[Prediction]:
        """The label of each text in their order; the texts are not kept.

        Args:
            classifier: A classifier that is ready.
            texts: What to classify.
            abstain_below: Give no label where the probability is lower; else the classifier's own threshold.
            explain: Say how much each word decided; for few texts at once.
            top: List so many of the most probable classes.
        """
        body: dict[str, Any] = {"texts": list(texts), "explain": explain, "top": top}
        if abstain_below is not None:
            body["abstain_below"] = abstain_below
        answer = self._transport.ask("POST", f"/classifiers/{id_of(classifier)}/predictions", json=body)
        return [decode(Prediction, one) for one in answer.json()["predictions"]]

    def predict_file(
        self, classifier: "Classifier | str", file: "Path | BinaryIO", out: BinaryIO, *, text: str = ""
    ) -> None:
        """Classify each row of a file; `out` gets a CSV of label and probability as it is computed."""
        address = f"/classifiers/{id_of(classifier)}/files"
        with file.open("rb") if isinstance(file, Path) else _left_open(file) as opened:
            params = {"filename": Path(str(getattr(opened, "name", "texts.csv"))).name, "text": text}
            # A file is computed for as long as it takes.
            with self._transport.stream(
                "POST", address, content=opened, params=params, timeout=None
            ) as lines:
                for piece in lines.iter_bytes():
                    out.write(piece)

    def assessment(self, classifier: "Classifier | str") -> Assessment:
        """What a classifier can and cannot do, measured on texts it never saw."""
        return self._transport.get(Assessment, f"/classifiers/{id_of(classifier)}/assessment")

    def errors(self, classifier: "Classifier | str") -> list[WorstError]:
        """Test texts that it got wrong with the most confidence."""
        answer = self._transport.ask("GET", f"/classifiers/{id_of(classifier)}/errors")
        return [decode(WorstError, one) for one in answer.json()["errors"]]

    def abstain_below(self, classifier: "Classifier | str", threshold: float | None) -> Classifier:
        """Choose below which probability it gives no label; None: it always answers."""
        path = f"/classifiers/{id_of(classifier)}/threshold"
        return self._transport.change(Classifier, "PUT", path, {"abstain_below": threshold})

    def download(self, classifier: "Classifier | str", out: BinaryIO) -> None:
        """Write a zip that predicts without the service."""
        with self._transport.stream("GET", f"/classifiers/{id_of(classifier)}/bundle") as answer:
            for piece in answer.iter_bytes():
                out.write(piece)

    def delete(self, classifier: "Classifier | str") -> None:
        """Delete a classifier; a training that is under way ends first."""
        self._transport.ask("DELETE", f"/classifiers/{id_of(classifier)}")


class _left_open:  # noqa: N801  (used like a function)
    """Somebody else's file: it stays open when the block ends."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def __enter__(self) -> BinaryIO:
        return self._file

    def __exit__(self, *_: object) -> None:
        pass
