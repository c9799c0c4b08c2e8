"""Uploads become datasets; datasets get recommendations."""

from collections.abc import Iterator
from typing import Any, final

from forethought_client.answers import Dataset, Health, Receipt, Recommendation, Sharing, Upload
from forethought_client.transport import Transport, id_of, stated


@final
class Datasets:
    """Labelled texts."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def make(self, upload: "Upload | str", **choices: Any) -> Dataset:
        """Make an upload a dataset; what is not chosen is guessed.

        Choices are `text`, `label`, `split`, `encoding`, `delimiter`, `header` and others that the service
        describes, and `rare`: "merge", "drop" or "keep" classes too small to split.
        """
        body = {"upload": id_of(upload), **{name: one for name, one in choices.items() if one is not None}}
        return self._transport.change(Dataset, "POST", "/datasets", body)

    def get(self, dataset: "Dataset | str") -> Dataset:
        """A dataset."""
        return self._transport.get(Dataset, f"/datasets/{id_of(dataset)}")

    def all(self) -> Iterator[Dataset]:
        """Every dataset, the newest first."""
        return self._transport.pages(Dataset, "/datasets", "datasets")

    def choose_rare(self, dataset: "Dataset | str", rare: str) -> Dataset:
        """Choose what happens to small classes: "merge", "drop" or "keep"."""
        return self._transport.change(Dataset, "PUT", f"/datasets/{id_of(dataset)}/rare", {"rare": rare})

    def health(self, dataset: "Dataset | str") -> Health:
        """What would spoil learning from it; the report of a large dataset is made by a job."""
        return self._transport.get(Health, f"/datasets/{id_of(dataset)}/health")

    def examine_again(self, dataset: "Dataset | str") -> Health:
        """Its health after a job that should have made the report failed or was cancelled."""
        return self._transport.change(Health, "POST", f"/datasets/{id_of(dataset)}/health")

    def apply_fix(self, dataset: "Dataset | str", fix: str) -> Dataset:
        """Apply a fix that its health report offers; it can be taken back.

        Of a large dataset a job does it: until then the answer is as before, and its health is `fixing`.
        """
        return self._transport.change(Dataset, "PUT", f"/datasets/{id_of(dataset)}/fixes/{fix}")

    def undo_fix(self, dataset: "Dataset | str", fix: str) -> Dataset:
        """Take a fix back; of a large dataset a job does it."""
        return self._transport.change(Dataset, "DELETE", f"/datasets/{id_of(dataset)}/fixes/{fix}")

    def sharing(self, dataset: "Dataset | str") -> Sharing:
        """Whether its trainings are shared."""
        return self._transport.get(Sharing, f"/datasets/{id_of(dataset)}/sharing")

    def share(self, dataset: "Dataset | str", *, shared: bool) -> Sharing:
        """Share its trainings, or take that back; texts are never shared."""
        path = f"/datasets/{id_of(dataset)}/sharing"
        return self._transport.change(Sharing, "PUT", path, {"shared": shared})

    def delete(self, dataset: "Dataset | str") -> Receipt:
        """Delete a dataset with all that was made of it; the receipt is signed by the service."""
        return self._transport.change(Receipt, "DELETE", f"/datasets/{id_of(dataset)}")


@final
class Recommendations:
    """Which architectures to train, before anything is trained."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def ask(self, dataset: "Dataset | str", **question: Any) -> Recommendation:
        """Ask for a recommendation, which takes about a second.

        A question may hold `top` (how many architectures), `max_seconds` of training, `seed`, `space` and
        others that the service describes.
        """
        body = {"dataset": id_of(dataset), **stated(question)}
        return self._transport.change(Recommendation, "POST", "/recommendations", body)

    def get(self, recommendation: "Recommendation | str") -> Recommendation:
        """A recommendation."""
        return self._transport.get(Recommendation, f"/recommendations/{id_of(recommendation)}")

    def all(self, *, dataset: "Dataset | str | None" = None) -> Iterator[Recommendation]:
        """Every recommendation, the newest first; of one dataset only, if it is given."""
        about = None if dataset is None else id_of(dataset)
        return self._transport.pages(Recommendation, "/recommendations", "recommendations", dataset=about)
