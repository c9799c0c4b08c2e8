"""The environment becomes one frozen `Settings`; no other module reads the environment."""

import json
import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.errors import SettingsError

PREFIX: Final = "FORETHOUGHT_"
PROJECT_ROOT: Final = Path(__file__).resolve().parent.parent

Folder = Annotated[Path, AfterValidator(lambda path: path.expanduser().absolute())]


class Mode(StrEnum):
    """For whom the service runs."""

    local = "local"
    """One user on this machine; nobody logs in."""
    server = "server"
    """Several people, each with an account; everything needs a login or a token."""


class Registration(StrEnum):
    """Who may make an account."""

    invited = "invited"
    """Whom the operator invites (`forethought accounts add`)."""
    open = "open"
    """Whoever reaches the service."""


class Settings(BaseSettings):
    """Everything an operator may choose; built once in `main`, `worker`, `serve` or `cli`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    data: Folder = Field(PROJECT_ROOT / ".data", description="Folder with everything the service keeps.")
    experience: Folder = Field(
        PROJECT_ROOT / "experience", description="Folder with the shipped snapshots and checkpoints."
    )
    mode: Mode = Field(
        Mode.local,
        description="local: one user on this machine, no login; server: accounts, sessions and API tokens.",
    )
    host: str = Field("127.0.0.1", description="Address the web server listens on.")
    port: int = Field(8000, ge=1, le=65535, description="Port the web server listens on.")
    allowed_hosts: tuple[str, ...] = Field(
        ("127.0.0.1", "localhost", "[::1]"), description="Host names that requests may carry."
    )
    web_app: str = Field(
        "app.main:create_app", description="Where `serve` finds the factory of the web application."
    )
    web_processes: int = Field(
        1, ge=1, le=64, description="Web server processes, on one socket; with accounts they need RATES_URL."
    )
    workers: int = Field(1, ge=1, le=64, description="Worker processes, each with its own children.")

    database_url: SecretStr | None = Field(
        None, description="postgresql:// address; without it an embedded PostgreSQL runs in the data folder."
    )
    database_pool: int = Field(8, ge=1, description="Most connections that one process keeps open.")
    broker_url: SecretStr | None = Field(
        None, description="redis:// or amqp:// address; without it jobs are announced in the data folder."
    )
    queue: str = Field("forethought", description="Name of the broker's queue.")

    job_modules: tuple[str, ...] = Field(
        (), description="Modules with the jobs a worker does; without it those of every feature."
    )
    worker_processes: int = Field(1, ge=1, description="Jobs that one worker runs at the same time.")
    lease_seconds: float = Field(
        15.0, gt=0, description="A job unheard of for so long is given to another worker."
    )
    cancel_poll_seconds: float = Field(0.25, gt=0, description="How often a running job looks for a cancel.")
    reconcile_seconds: float = Field(
        2.0, gt=0, description="How often waiting jobs and dead leases are looked for."
    )
    max_attempts: int = Field(3, ge=1, description="A job that kills its worker so often fails.")

    max_upload_bytes: int = Field(2_147_483_648, ge=1, description="Largest file that may be uploaded.")
    max_body_bytes: int = Field(1_000_000, ge=1, description="Largest body of every other request.")
    max_rows: int = Field(2_000_000, ge=1, description="Most rows a dataset may have.")
    max_classes: int = Field(1_000, ge=2, description="Most classes a dataset may have.")
    max_prediction_texts: int = Field(10_000, ge=1, description="Most texts in one prediction request.")
    max_training_seconds: float = Field(
        60.0, gt=0, description="Longest training that is recommended by default."
    )
    vector_cache_bytes: int = Field(4_000_000_000, ge=0, description="Size limit of the cached text vectors.")
    refit_at: int | None = Field(
        None,
        ge=0,
        le=23,
        description="Hour (UTC) at which a worker refits the value networks every night; without it, never.",
    )
    public_url: str | None = Field(
        None,
        pattern=r"^https?://[^/]+$",
        description="Address under which people reach the server; https:// binds cookies to encryption.",
    )
    proxies: int = Field(
        0, ge=0, description="Proxies in front that add to X-Forwarded-For; 0 believes no such header."
    )
    registration: Registration = Field(
        Registration.invited, description="Who may make an account: invited, or open to everybody."
    )
    login_days: float = Field(30.0, gt=0, description="A login ends after so many days at the latest.")
    login_idle_days: float = Field(7.0, gt=0, description="A login that is not used so long ends.")
    login_attempts: int = Field(
        10,
        ge=1,
        description="Tries to log in to one account in 15 minutes; thrice as many by one address.",
    )
    account_requests_per_minute: int = Field(600, ge=1, description="Requests of one account.")
    address_requests_per_minute: int = Field(1_200, ge=1, description="Requests from one network address.")
    rates_url: SecretStr | None = Field(
        None, description="redis:// address where several web servers count requests together."
    )
    quota_bytes: int = Field(5_000_000_000, ge=1, description="Bytes of files that an account keeps.")
    quota_datasets: int = Field(200, ge=1, description="Datasets that an account keeps.")
    quota_trainings: int = Field(5, ge=1, description="Trainings of one account that wait or run at once.")
    quota_predictions: int = Field(
        1_000_000, ge=1, description="Texts that an account has classified in a day (UTC)."
    )
    receipt_key: SecretStr | None = Field(
        None, description="Signs receipts of deletions; without it a key is made in the data folder."
    )
    upload_keep_hours: float = Field(
        24.0, gt=0, description="Uploads that became no dataset are deleted after this."
    )


def load_settings(**chosen: Any) -> Settings:
    """Settings from the environment, with `chosen` ones (those not None) on top.

    Raises:
        SettingsError: A value cannot be used.
    """
    try:
        return Settings(**{name: value for name, value in chosen.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = PREFIX + "_".join(str(part) for part in first["loc"]).upper()
        raise SettingsError(f"The setting {name} is {first['input']!r}: {first['msg']}.") from None


def child_environment(settings: Settings, **changed: str) -> dict[str, str]:
    """The environment with which a child process builds the same settings, `changed` ones apart."""
    stated: dict[str, object] = settings.model_dump(mode="json", exclude_unset=True)
    for name in ("database_url", "broker_url", "rates_url", "receipt_key"):
        secret: SecretStr | None = getattr(settings, name)
        stated[name] = secret and secret.get_secret_value()
    values = {**stated, "data": str(settings.data), "experience": str(settings.experience), **changed}
    texts = {
        PREFIX + name.upper(): value if isinstance(value, str) else json.dumps(value)
        for name, value in values.items()
        if value is not None
    }
    return {**os.environ, **texts}
