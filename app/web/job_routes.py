"""Jobs over HTTP: how far one is, the same as it happens, and a change of mind."""

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.sse import EventSourceResponse, ServerSentEvent
from sqlalchemy import Engine

from app.db.session import transaction
from app.jobs import queries
from app.jobs.service import NoSuchJobError, request_cancel
from app.jobs.tables import ENDED, JobEventRow, JobId, JobRow
from app.web.api_route import ApiRoute
from app.web.deps import VisitDep
from app.web.job_answers import JobAnswer, JobsAnswer, JobsQuestion, job_answer
from app.web.page_links import say_next
from app.web.paging import newest
from app.web.request_visitor import visitor_of

api = APIRouter(tags=["jobs"], route_class=ApiRoute)

LastEventId = Annotated[int, Header(ge=0, description="Replay what happened after this event.")]


@api.get("/jobs", summary="Every job")
def list_jobs(visit: VisitDep, form: Annotated[JobsQuestion, Query()], response: Response) -> JobsAnswer:
    """The newest first."""
    wanted = [] if form.subject is None else [JobRow.subject_id == form.subject]
    wanted += [] if form.state is None else [JobRow.state == form.state]
    rows, more = newest(visit.session, JobRow, form, *wanted)
    say_next(visit.request, response, more)
    return JobsAnswer(jobs=[*map(job_answer, rows)], next=more)


@api.get("/jobs/{job_id}", summary="How far a job is")
def get_job(visit: VisitDep, job_id: UUID) -> JobAnswer:
    job = queries.find_job(visit.session, JobId(job_id))
    if job is None:
        raise NoSuchJobError(job_id)
    return job_answer(job)


@api.post("/jobs/{job_id}/cancel", status_code=202, summary="Ask that a job ends")
def cancel_job(visit: VisitDep, job_id: UUID) -> JobAnswer:
    """One that has ended stays as it is."""
    request_cancel(visit.session, JobId(job_id))
    return get_job(visit, job_id)


def existing_job(visit: VisitDep, job_id: UUID) -> UUID:
    """Answer an unknown job before a stream begins, while a 404 can still be sent."""
    get_job(visit, job_id)
    return job_id


KnownJob = Annotated[UUID, Depends(existing_job, scope="function")]


@api.get("/jobs/{job_id}/events", response_class=EventSourceResponse, summary="A job, as it happens")
async def watch_job(
    request: Request, job_id: KnownJob, last_event_id: LastEventId = 0
) -> AsyncIterator[ServerSentEvent]:
    """Everything that happened and happens to a job, each batch followed by the job itself, until it ends."""
    engine, owner = request.app.state.engine, visitor_of(request).account_id
    async with aclosing(request.app.state.bell.wake_ups(job_id)) as wake_ups:
        async for _ in wake_ups:
            job, news = await run_in_threadpool(_news, engine, owner, job_id, last_event_id)
            for event in news:
                last_event_id = event.id
                yield ServerSentEvent(event=event.kind, id=str(event.id), data=dict(event.facts))
            if job is None:
                return
            yield ServerSentEvent(event="job", data=job_answer(job))
            if job.state in ENDED:
                return


def _news(
    engine: Engine, owner: UUID, job_id: UUID, after: int
) -> tuple[JobRow | None, Sequence[JobEventRow]]:
    with transaction(engine, owner=owner) as session:
        job = queries.find_job(session, JobId(job_id))
        # Events belong to their job: without it there are none to read.
        return job, [] if job is None else queries.events_after(session, JobId(job_id), after)
