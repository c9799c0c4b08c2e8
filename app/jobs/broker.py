"""Settings become the doorbell: a Celery app whose messages carry nothing but a job's id.

Decision: the row in the database is the truth; a message may be lost, doubled or late.
Why: no broker redelivers soon and only once after kill -9 (measured on the filesystem, Redis and RabbitMQ).
Rejected: late acknowledgement, which runs long jobs twice on Redis and is cut off at 30 minutes on RabbitMQ.
"""

from pathlib import Path
from typing import Any, Final

from celery import Celery  # type: ignore[import-untyped]
from kombu.exceptions import OperationalError
from kombu.transport import TRANSPORT_ALIASES

from app.jobs.tables import JobId
from app.settings import Settings

TASK: Final = "forethought.run_job"
FOLDER_URL: Final = "forethought-folder://localhost"
MESSAGE_FOLDER: Final = "broker"
POLL_SECONDS: Final = 0.1

BrokerError = OperationalError
"""The broker does not answer."""


def make_celery(settings: Settings) -> Celery:
    """The Celery app for these settings; it opens nothing until a message is sent or waited for."""
    url = FOLDER_URL if settings.broker_url is None else settings.broker_url.get_secret_value()
    TRANSPORT_ALIASES["forethought-folder"] = "app.jobs.message_folder:Transport"
    celery = Celery("forethought", broker=url, set_as_current=False)
    celery.conf.update(
        broker_connection_retry_on_startup=True,
        broker_connection_timeout=3.0,
        broker_transport_options=transport_options(url, settings.data / MESSAGE_FOLDER),
        task_acks_late=False,
        task_default_queue=settings.queue,
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        worker_enable_remote_control=False,
        worker_hijack_root_logger=False,
        worker_prefetch_multiplier=1,
        worker_proc_alive_timeout=60.0,
        worker_cancel_long_running_tasks_on_connection_loss=False,
    )
    return celery


def transport_options(url: str, folder: Path) -> dict[str, Any]:
    """What each broker needs beyond its address."""
    if url == FOLDER_URL:
        for name in ("messages", "control"):
            (folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        messages = str(folder / "messages")
        return {
            "data_folder_in": messages,
            "data_folder_out": messages,
            "control_folder": str(folder / "control"),
            "polling_interval": POLL_SECONDS,
        }
    if url.startswith(("redis:", "rediss:")):
        # Messages of a killed worker come back within seconds; a job claimed meanwhile is not run again.
        return {
            "visibility_timeout": 60,
            "unacked_restore_interval": 2,
            "unacked_restore_throttle": 1,
            "socket_connect_timeout": 3,
        }
    return {"max_retries": 1, "interval_start": 0, "interval_step": 0.2}


def announce(celery: Celery, job_id: JobId) -> None:
    """Send the message that a job waits.

    Raises:
        BrokerError: The broker does not answer; the job stays queued and is announced again.
    """
    celery.send_task(TASK, args=[str(job_id)], ignore_result=True, retry=False)
