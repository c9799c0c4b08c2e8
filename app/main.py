"""Settings become the web application: routes, error answers, guards, and what lives as long as it."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from time import time
from typing import Final

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from app.accounts import login_routes, token_routes
from app.accounts.door import install_door
from app.classifiers import assessment_routes, bundle_routes, file_routes, sharing_routes
from app.classifiers import routes as classifiers
from app.classifiers import service as classifier_service
from app.classifiers.loaded import LoadedClassifiers
from app.datasets import routes as datasets
from app.datasets import service as dataset_service
from app.datasets import upload_routes, upload_transfers
from app.datasets.fixes import sweep_fixed
from app.datasets.health import warm_checks
from app.db.database import open_database
from app.db.session import make_engine, transaction
from app.erasure import end_routes
from app.erasure import routes as erasure
from app.experience import routes as experience
from app.pages import account
from app.pages import routes as pages
from app.recommendations import routes as recommendations
from app.recommendations.experience import Experience
from app.registry import service as registry_service
from app.settings import Settings, load_settings
from app.storage import Storage
from app.track_record import routes as track_record
from app.web import job_routes
from app.web.computing import ComputePool
from app.web.description import describe, operation_name
from app.web.errors import install_error_answers
from app.web.job_bell import JobBell
from app.web.limits import FORM_OVERHEAD_BYTES, PageLimits
from app.web.repeated import RepeatedAnswer, answer_again, sweep_answers
from app.web.security import install_guards
from app.web.templates import STATIC_FOLDER, build_environment

log = logging.getLogger(__name__)

SWEEP_SECONDS = 3_600
SWEEP_LOCK: Final = 0x0F0E_7415


def create_app(settings: Settings | None = None) -> FastAPI:
    """The web application; the database is opened when it starts, not when it is made."""
    settings = settings or load_settings()
    app = FastAPI(
        title="Forethought",
        summary="Recommends, trains and serves a text classifier for a dataset it has never seen.",
        version="0.1.0",
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=operation_name,
    )
    app.state.settings = settings
    app.state.storage = Storage(settings.data)
    app.state.environment = build_environment(settings)
    app.state.experience = Experience(settings.experience)
    app.state.classifiers = LoadedClassifiers(app.state.storage)
    _add_routes(app, settings)
    install_error_answers(app)
    app.add_exception_handler(RepeatedAnswer, answer_again)
    install_door(app, settings)
    install_guards(app, settings)
    app.openapi = partial(describe, app)  # type: ignore[method-assign]  # FastAPI's own way to change it
    return app


def _add_routes(app: FastAPI, settings: Settings) -> None:
    form_bytes = PageLimits.from_settings(settings).form_bytes + FORM_OVERHEAD_BYTES
    app.include_router(pages.router)
    for feature in (datasets, recommendations, classifiers, experience, track_record, erasure):
        app.include_router(feature.pages)
        app.include_router(feature.api, prefix="/api/v1")
    for more in (sharing_routes.pages, bundle_routes.pages, assessment_routes.pages):
        app.include_router(more)
    for accounts in (login_routes, token_routes, account, end_routes):
        app.include_router(accounts.pages)
        app.include_router(accounts.api, prefix="/api/v1")
    extras = (pages, upload_routes, sharing_routes, bundle_routes, assessment_routes, job_routes)
    for api in (extra.api for extra in extras):
        app.include_router(api, prefix="/api/v1")
    for api in (upload_routes.file_api, file_routes.api):
        app.include_router(api, prefix="/api/v1", max_body_size=settings.max_upload_bytes)
    app.include_router(classifiers.texts_api, prefix="/api/v1", max_body_size=form_bytes)
    for feature in (datasets, classifiers):
        app.include_router(feature.file_pages, max_body_size=form_bytes)
    app.mount("/static", StaticFiles(directory=STATIC_FOLDER), name="static")


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    # Started in this thread, the main one: an embedded server is tied to the thread that starts it.
    with open_database(settings) as url:
        app.state.engine = make_engine(url, pool_size=settings.database_pool)
        app.state.pool = ComputePool()
        app.state.bell = JobBell(url)
        listening = asyncio.create_task(app.state.bell.listen())
        sweeping = asyncio.create_task(_sweep(app))
        warming = asyncio.create_task(asyncio.to_thread(_warm, app))
        try:
            yield
        finally:
            for task in (listening, sweeping, warming):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            app.state.pool.close()
            # A cancelled task leaves its thread running; it might open a connection after the last is closed.
            await asyncio.get_running_loop().shutdown_default_executor()
            app.state.engine.dispose()


def _warm(app: FastAPI) -> None:
    """Load what the first visitor would wait for."""
    app.state.experience.warm(app.state.engine)
    warm_checks()


async def _sweep(app: FastAPI) -> None:
    """At the start and every hour: remove what nobody will come back for."""
    # Half-received files from before are a killed process's, unless others receive files meanwhile.
    since = time() if app.state.settings.web_processes == 1 else None
    while True:
        try:
            await asyncio.to_thread(_sweep_once, app, since)
        except OperationalError as error:
            log.warning("storage.not_swept error=%s", type(error).__name__)
        await asyncio.sleep(SWEEP_SECONDS)
        since = None


def _sweep_once(app: FastAPI, since: float | None) -> None:
    """Remove once; half-received files, too, that were last written before a time, or an hour ago."""
    settings: Settings = app.state.settings
    with transaction(app.state.engine) as session:
        # Two at once would delete the same rows.
        if not session.scalar(select(func.pg_try_advisory_xact_lock(SWEEP_LOCK))):
            return
        upload_age = SWEEP_SECONDS if since is None else time() - since
        app.state.storage.sweep(upload_age_seconds=upload_age, age_seconds=SWEEP_SECONDS)
        removed = dataset_service.sweep_uploads(
            session, app.state.storage, keep_hours=settings.upload_keep_hours
        )
        removed += upload_transfers.sweep_transfers(
            session, app.state.storage, keep_hours=settings.upload_keep_hours
        )
        removed += sweep_fixed(session, app.state.storage, age_seconds=SWEEP_SECONDS)
        removed += sweep_answers(session)
        removed += classifier_service.sweep_folders(session, app.state.storage, age_seconds=SWEEP_SECONDS)
        removed += registry_service.sweep_folders(session, settings.data, age_seconds=SWEEP_SECONDS)
    log.info("storage.swept removed=%d", removed)
