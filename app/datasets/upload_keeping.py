"""A stream of bytes becomes an upload: kept whole and previewed, or not at all."""

from collections.abc import AsyncIterator
from uuid import uuid4

from fastapi.concurrency import run_in_threadpool

from app.datasets import service
from app.datasets.tables import UploadRow
from app.storage import PART, remove
from app.web.deps import Visit
from app.web.receiving import receive
from dvn.data.preview import Preview


async def keep(visit: Visit, pieces: AsyncIterator[bytes], file_name: str) -> tuple[UploadRow, Preview]:
    """The upload of a stream, kept whole and previewed; whatever happens, no draft stays."""
    upload_id = uuid4()
    draft = visit.storage.uploads / f"{upload_id}{PART}"
    try:
        kept = service.KeptFile(upload_id, file_name, await receive(pieces, draft))
        limits = service.limits_of(visit.settings)
        return await run_in_threadpool(service.keep_upload, visit.session, visit.storage, kept, limits)
    finally:
        remove(draft)
