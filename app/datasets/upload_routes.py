"""Uploads over HTTP for programs: in one piece, or in parts that go on after a cut connection.

The parts follow the IETF's draft "Resumable Uploads for HTTP": a file is announced (POST), HEAD tells the
`Upload-Offset` that was reached, PATCH sends what follows it, DELETE calls it off.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response

from app.datasets import queries, service, upload_transfers
from app.datasets.answers import (
    TransferAnswer,
    TransfersAnswer,
    UploadAnswer,
    UploadsAnswer,
    known_upload,
    transfer_answer,
    upload_answer,
)
from app.datasets.forms import ReadForm, TransferForm
from app.datasets.tables import TransferRow
from app.datasets.upload_keeping import keep
from app.datasets.upload_transfers import DamagedFileError
from app.db.session import transaction
from app.web.api_route import ApiRoute
from app.web.appending import Part, WrongOffsetError, append, writing_alone
from app.web.deps import Visit, VisitDep
from app.web.errors import answer, refusal, slug_of
from app.web.page_links import say_next
from app.web.paging import PageForm
from app.web.receiving import refuse_without_room
from dvn.data.preview import preview
from dvn.errors import DataError

api = APIRouter(tags=["uploads"], route_class=ApiRoute)
file_api = APIRouter(tags=["uploads"])

FileName = Annotated[str, Query(max_length=1_000, description="Its name, with its ending.")]
Offset = Annotated[
    int,
    Header(
        alias="Upload-Offset", ge=0, le=2**62, description="How many bytes of the file precede this part."
    ),
]


def file_body(*media_types: str) -> Mapping[str, Any]:
    """A body that is read as a stream is no parameter, so the description must be told of it."""
    content = {name: {"schema": {"type": "string", "format": "binary"}} for name in media_types}
    return {"requestBody": {"required": True, "content": content}}


_PROGRESS: Final = {
    "Upload-Offset": {"description": "Bytes that have arrived.", "schema": {"type": "integer"}},
    "Upload-Complete": {
        "description": "?1 once the file is whole and is an upload, else ?0.",
        "schema": {"type": "string"},
    },
}


@file_api.put(
    "/uploads",
    status_code=201,
    summary="Upload a file in one piece",
    openapi_extra=dict(file_body("application/octet-stream")),
)
async def put_upload(request: Request, visit: VisitDep, filename: FileName = "upload.csv") -> UploadAnswer:
    """The body is the file itself. It is kept whole and shown as a preview, or refused and not kept."""
    refuse_without_room(visit.storage.uploads, int(request.headers.get("content-length", 0)))
    return upload_answer(*await keep(visit, request.stream(), filename))


@api.post("/uploads", status_code=201, summary="Announce a file that is sent in parts")
def begin_upload(visit: VisitDep, form: TransferForm, response: Response) -> TransferAnswer:
    """A file over the limit, or one the disk has no room for, is refused here, before anything is sent."""
    transfer = upload_transfers.begin_transfer(visit.session, visit.storage, visit.settings, form)
    response.headers["Location"] = f"/api/v1/uploads/{transfer.id}"
    response.headers.update(_progress(visit, transfer))
    return transfer_answer(transfer, 0)


@api.get("/uploads", summary="Every upload")
def list_uploads(visit: VisitDep, form: Annotated[PageForm, Query()], response: Response) -> UploadsAnswer:
    """The newest first."""
    rows, more = queries.list_uploads(visit.session, form)
    say_next(visit.request, response, more)
    return UploadsAnswer(uploads=[*map(known_upload, rows)], next=more)


@api.get("/unfinished-uploads", summary="Files that have not arrived whole")
def list_unfinished(visit: VisitDep) -> TransfersAnswer:
    """Go on with one from its `offset` by PATCH, or call it off by DELETE."""
    found = upload_transfers.unfinished(visit.session)
    there = [transfer_answer(row, upload_transfers.arrived(visit.storage, row)) for row in found]
    return TransfersAnswer(uploads=there)


@api.get("/uploads/{upload_id}", summary="An upload and what it seems to be")
def get_upload(visit: VisitDep, upload_id: UUID, form: Annotated[ReadForm, Query()]) -> UploadAnswer:
    """Of a file that was sent in parts its announced id may be given, too, once it is whole."""
    known_id = upload_transfers.find_upload(visit.session, visit.storage, upload_id)
    upload, path = service.upload_file(visit.session, visit.storage, known_id)
    seen = preview(path, choices=form.choices(), limits=service.limits_of(visit.settings))
    return upload_answer(upload, seen)


@api.head(
    "/uploads/{upload_id}",
    status_code=204,
    summary="How much of a file has arrived",
    response_class=Response,
    responses={204: {"headers": _PROGRESS}},
)
def head_upload(visit: VisitDep, upload_id: UUID) -> Response:
    """Ask this after a cut connection, and go on from `Upload-Offset`."""
    transfer = upload_transfers.get_transfer(visit.session, upload_id)
    headers = {**_progress(visit, transfer), "Cache-Control": "no-store"}
    return Response(status_code=204, headers=headers)


@file_api.patch(
    "/uploads/{upload_id}",
    status_code=201,
    response_model=UploadAnswer,
    summary="Send the next part of a file",
    responses={
        201: {"description": "It was the last part: the file is an upload.", "headers": _PROGRESS},
        204: {"description": "The part is kept; more is awaited.", "headers": _PROGRESS},
    },
    openapi_extra=dict(file_body("application/partial-upload", "application/octet-stream")),
)
async def patch_upload(request: Request, visit: VisitDep, upload_id: UUID, upload_offset: Offset) -> Response:
    """A part may have any length, and what arrives of it before the connection is cut is kept.

    It must begin where the last one ended, else the answer is 409 with the right `Upload-Offset`; 409 without
    one says that another request is writing. Of the last part the answer is the upload.
    """
    transfer = await run_in_threadpool(_announced, visit, upload_id)
    if transfer.upload_id is not None:
        return await run_in_threadpool(_finished, visit, transfer)
    part = Part(request.stream(), upload_offset, int(request.headers.get("content-length", 0)))
    try:
        with writing_alone(upload_transfers.part_file(visit.storage, upload_id)) as file:
            end = await append(part, file, limit=transfer.bytes)
            if end == transfer.bytes:
                return await run_in_threadpool(_finished, visit, transfer)
    except WrongOffsetError as error:
        return _wrong_offset(request, error)
    return Response(status_code=204, headers=_headers(end, is_complete=False))


@api.delete("/uploads/{upload_id}", status_code=204, summary="Delete an upload, or call one off")
def delete_upload(visit: VisitDep, upload_id: UUID) -> Response:
    """An upload that a dataset was made of is deleted with the dataset."""
    upload_transfers.delete_upload(visit.session, visit.storage, upload_id)
    return Response(status_code=204)


def _announced(visit: Visit, upload_id: UUID) -> TransferRow:
    # In a transaction of its own: the visit's would keep a connection for as long as the part takes.
    with transaction(visit.request.app.state.engine, owner=visit.visitor.account_id) as session:
        return upload_transfers.get_transfer(session, upload_id)


def _finished(visit: Visit, transfer: TransferRow) -> Response:
    limits = service.limits_of(visit.settings)
    try:
        kept = upload_transfers.finish_transfer(visit.session, visit.storage, transfer.id, limits)
    except (DataError, DamagedFileError) as error:
        # Answered, not raised: raising would roll the deletion back.
        upload_transfers.discard_transfer(visit.session, visit.storage, transfer.id)
        return refusal(visit.request, error)
    made = upload_answer(*kept)
    headers = {**_headers(transfer.bytes, is_complete=True), "Location": f"/api/v1/uploads/{made.id}"}
    return JSONResponse(made.model_dump(mode="json"), 201, headers=headers)


def _wrong_offset(request: Request, error: WrongOffsetError) -> Response:
    offsets = {"expected-offset": error.expected, "provided-offset": error.provided}
    headers = _headers(error.expected, is_complete=False)
    return answer(request, 409, str(error), slug=slug_of(error), headers=headers, **offsets)


def _progress(visit: Visit, transfer: TransferRow) -> dict[str, str]:
    offset = upload_transfers.arrived(visit.storage, transfer)
    length = {"Upload-Length": str(transfer.bytes)}
    return {**length, **_headers(offset, is_complete=transfer.upload_id is not None)}


def _headers(offset: int, *, is_complete: bool) -> dict[str, str]:
    return {"Upload-Offset": str(offset), "Upload-Complete": f"?{int(is_complete)}"}
