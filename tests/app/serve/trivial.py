"""The smallest web application, so that `serve` is tested apart from the pages."""

import os

from fastapi import FastAPI
from sqlalchemy import text

from app.db.session import make_engine, transaction
from app.settings import Settings


def create_app(settings: Settings) -> FastAPI:
    app = FastAPI()
    assert settings.database_url is not None
    engine = make_engine(settings.database_url.get_secret_value())

    @app.get("/healthz")
    def healthz() -> dict[str, int]:
        with transaction(engine) as session:
            jobs = session.execute(text("SELECT count(*) FROM job")).scalar_one()
        return {"process": os.getpid(), "jobs": jobs}

    return app


def fail_to_create(settings: Settings) -> FastAPI:
    raise SystemExit(f"no application for {settings.host}")
