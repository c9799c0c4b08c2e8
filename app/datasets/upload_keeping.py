"""A stream of bytes becomes an upload: kept whole and previewed, or not at all."""

from collections.abc import AsyncIterator, Callable
from functools import partial
from uuid import uuid4

from fastapi.concurrency import run_in_threadpool

from app.accounts.quotas import refuse_bytes
from app.datasets import service
from app.datasets.queries import stored_bytes
from app.datasets.tables import UploadRow
from app.db.session import transaction
from app.settings import Mode
from app.storage import PART, remove
from app.web.deps import Visit
from app.web.receiving import receive
from dvn.data.preview import Preview


async def keep(visit: Visit, pieces: AsyncIterator[bytes], file_name: str) -> tuple[UploadRow, Preview]:
    """The upload of a stream, kept whole and previewed; whatever happens, no draft stays."""
    upload_id = uuid4()
    draft = visit.storage.uploads / f"{upload_id}{PART}"
    room = await run_in_threadpool(_room, visit)
    try:
        kept = service.KeptFile(upload_id, file_name, await receive(pieces, draft))
        room(kept.received.bytes)
        limits = service.limits_of(visit.settings)
        return await run_in_threadpool(service.keep_upload, visit.session, visit.storage, kept, limits)
    finally:
        remove(draft)


def _room(visit: Visit) -> Callable[[int], None]:
    """Refuses more bytes than the account may keep; at once, what the request says to bring."""
    if visit.settings.mode is Mode.local:
        return lambda _: None
    # In a transaction of its own: the visit's would keep a connection for as long as the file takes.
    with transaction(visit.request.app.state.engine, owner=visit.visitor.account_id) as session:
        used = stored_bytes(session)
    refuse_bytes(visit.settings, used, int(visit.request.headers.get("content-length", 0)))
    return partial(refuse_bytes, visit.settings, used)
