"""Redis and RabbitMQ ring the same bell as the folder."""

import socket
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from app.jobs.broker import announce, make_celery
from app.jobs.tables import JobState
from app.settings import Settings
from tests.app.jobs.conftest import Desk, running_worker
from tests.app.jobs.test_worker import SAMPLES

BROKERS = {"Redis": ("redis://127.0.0.1:6379/9", 6379), "RabbitMQ": ("amqp://guest:guest@127.0.0.1//", 5672)}


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.enable_socket
@pytest.mark.parametrize("name", BROKERS)
def test_a_job_announced_twice_is_done_once(name: str, settings: Settings, engine: Engine) -> None:
    url, port = BROKERS[name]
    if not listens(port):
        pytest.skip(f"{name} does not listen on 127.0.0.1:{port}, so its bell is not tested")
    changed = {"broker_url": url, "queue": f"test-{uuid4().hex[:8]}", "job_modules": (SAMPLES,)}
    settings = Settings.model_validate(settings.model_dump() | changed)
    desk = Desk(engine)
    with running_worker(settings):
        job_id = desk.queue("sample.count", seconds=0.3)
        celery = make_celery(settings)
        for _ in range(3):
            announce(celery, job_id)
        assert desk.wait_for_end(job_id).state is JobState.finished
        assert desk.wait_for_end(desk.queue("sample.count")).state is JobState.finished
    assert desk.effects(job_id) == [("begun", 1), ("done", 1)]
    with celery.connection_for_write() as connection:
        connection.default_channel.queue_delete(settings.queue)
    celery.close()
