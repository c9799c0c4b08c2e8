"""A journey that calls every operation by the client, in parts; examples of the API are recorded on it."""

import hashlib
import io
from pathlib import Path

import pytest

from forethought_client import ConflictError, Forethought
from tests.synthetic import csv_of, texts_of


def walk_from_a_file_to_a_classifier(service: Forethought, tmp_path: Path) -> None:
    content = csv_of(texts_of(160, seed=501))
    path = tmp_path / "tickets.csv"
    path.write_bytes(content)
    told: list[tuple[int, ...]] = []
    upload = service.uploads.send(
        path, progress=lambda sent, total: told.append((sent, total)), part_bytes=3_000
    )
    assert (upload.filename, upload.sha256) == ("tickets.csv", hashlib.sha256(content).hexdigest())
    assert told[0] == (0, len(content))
    assert told[-1] == (len(content), len(content))
    assert told == sorted(told)
    assert service.uploads.get(upload).preview == upload.preview
    dataset = service.datasets.make(upload, text="text", label="label")
    assert (dataset.state, dataset.rows, dataset.classes) == ("ready", 160, 4)
    assert service.datasets.get(dataset) == dataset
    advice = service.recommendations.ask(dataset, top=3)
    assert [one.rank for one in advice.architectures] == [1, 2, 3]
    assert service.recommendations.get(advice.id) == advice
    assert list(service.recommendations.all(dataset=dataset)) == [advice]
    states: list[str] = []
    classifier = service.classifiers.train(
        dataset, recommendation=advice, told=lambda job: states.append(job.state), timeout_seconds=300
    )
    assert classifier.state == "ready"
    assert states[-1] == "finished"
    assert list(service.classifiers.all(dataset=dataset)) == [classifier]
    assert service.jobs.get(classifier.job).percent == 100
    predictions = service.classifiers.predict(classifier, ["where is my parcel", "refund me"], top=2)
    assert len(predictions) == 2
    assert predictions[0].classes is not None
    assert sum(one.probability for one in predictions[0].classes) <= 1.001
    predict_a_file(service, classifier.id, path)
    bundle = io.BytesIO()
    service.classifiers.download(classifier, bundle)
    assert bundle.getvalue()[:2] == b"PK"
    assert set(service.classifiers.assessment(classifier).labels) == set(dataset.class_counts)
    service.classifiers.errors(classifier)
    assert [one.classifier_id for one in service.experience.own_outcomes()] == [classifier.id]


def predict_a_file(service: Forethought, classifier: str, path: Path) -> None:
    out = io.BytesIO()
    service.classifiers.predict_file(classifier, path, out)
    lines = out.getvalue().decode().splitlines()
    assert lines[0] == "label,probability"
    assert len(lines) == 161
    out = io.BytesIO()
    service.classifiers.predict_file(classifier, io.BytesIO(b"text\nmy parcel\n"), out, text="text")
    assert len(out.getvalue().decode().splitlines()) == 2


def change_and_delete(service: Forethought) -> None:
    twice = [("my parcel came twice", "delivery")] * 2
    content = csv_of([*texts_of(160, seed=502), *twice, ("alone", "a class of one text only")])
    upload = service.uploads.put(content, filename="small.csv")
    dataset = service.datasets.make(upload)
    assert dataset.state == "waiting"
    assert service.datasets.choose_rare(dataset, "drop").state == "ready"
    health = service.datasets.health(dataset)
    assert health.findings is not None
    assert "duplicates" in " ".join(finding.kind for finding in health.findings)
    assert service.datasets.examine_again(dataset) == health, "a report that is there is not made again"
    service.datasets.apply_fix(dataset, "drop-duplicates")
    assert service.datasets.health(dataset).applied == {"drop-duplicates": 1}
    service.datasets.undo_fix(dataset, "drop-duplicates")
    assert service.datasets.health(dataset).applied == {}
    assert service.datasets.share(dataset, shared=True).shared
    assert not service.datasets.share(dataset, shared=False).shared
    assert service.datasets.sharing(dataset).runs == 0
    end_and_delete(service, upload.id, dataset.id)


def end_and_delete(service: Forethought, upload: str, dataset: str) -> None:
    service.recommendations.ask(dataset)
    training = service.classifiers.start(dataset, seed=1)
    with pytest.raises(ConflictError):
        service.classifiers.predict(training.classifier, ["too early"])
    service.jobs.cancel(training.job)
    ended = service.jobs.wait(training.job, timeout_seconds=300)
    assert ended.has_ended
    again = service.classifiers.again(training.classifier)
    service.jobs.wait(again.job, timeout_seconds=300)
    assert service.classifiers.abstain_below(again.classifier, 0.9).raw["abstain_below"] == 0.9
    with pytest.raises(ConflictError):
        service.classifiers.keep_best(again.classifier)
    assert training.job.id in {job.id for job in service.jobs.all()}
    service.classifiers.delete(again.classifier)
    receipt = service.datasets.delete(dataset)
    assert service.account.receipt(receipt) == receipt
    transfer = service.uploads.begin("off.csv", 1_000)
    assert service.uploads.offset(transfer) == 0
    assert [one.id for one in service.uploads.unfinished()] == [transfer.id]
    service.uploads.delete(transfer)
    assert upload not in {one.id for one in service.uploads.all()}
    assert dataset not in {one.id for one in service.datasets.all()}


def delete_everything(service: Forethought) -> None:
    receipt = service.account.delete_everything()
    assert list(service.datasets.all()) == []
    assert receipt in service.account.receipts()


def look_at_what_is_known(service: Forethought) -> None:
    tasks = list(service.experience.tasks())
    assert service.experience.task(tasks[0]) == tasks[0]
    runs = list(service.experience.runs(task=tasks[0].id, limit=5))
    assert {run.task_id for run in runs} == {tasks[0].id}
    assert len(runs) > 5, "pages were turned"
    assert {place.name for place in service.experience.map().places} == {task.name for task in tasks}
    checkpoint = service.experience.checkpoints()[0]
    assert service.experience.checkpoint(checkpoint).checkpoint == checkpoint
    assert service.experience.modules()
    assert service.experience.track_record().tasks
