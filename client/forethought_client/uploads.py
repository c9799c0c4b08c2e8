"""Files become uploads, in parts that go on after a cut connection."""

import hashlib
import io
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, final

import httpx

from forethought_client.answers import Transfer, Upload
from forethought_client.decode import decode
from forethought_client.errors import ConflictError, UnreachableError, problem_of
from forethought_client.transport import PREFIX, UNDER_WAY, WORKS_LATER, Transport, id_of, ignore

Progress = Callable[[int, int], object]
"""Is told how many bytes have arrived, and of how many."""
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Sending:
    """A file on its way."""

    file: BinaryIO
    total: int
    id: str
    part_bytes: int
    progress: Progress


@final
class Uploads:
    """Files as they were sent."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def send(
        self,
        file: "str | Path | bytes | BinaryIO",
        *,
        filename: str | None = None,
        progress: Progress = ignore,
        part_bytes: int | None = None,
        resume: str | None = None,
    ) -> Upload:
        """Upload a file in parts, with a check of its SHA-256; a cut connection costs one part at most.

        Args:
            file: A path, the bytes themselves, or an open file that can be sought in.
            filename: Its name with its ending; else that of the path.
            progress: Is called with the bytes that have arrived and all of them.
            part_bytes: Length of a part; else what the service proposes.
            resume: The id of an upload of this file that was begun before (`begin`).

        Raises:
            ProblemError: The service refuses the file, and says why.
            UnreachableError: The connection stays lost; go on later with `resume`.
        """
        if isinstance(file, str | Path):
            with Path(file).open("rb") as opened:
                return self._send(opened, filename or Path(file).name, progress, part_bytes, resume)
        stream = io.BytesIO(file) if isinstance(file, bytes) else file
        return self._send(stream, filename or "upload.csv", progress, part_bytes, resume)

    def put(self, content: bytes, *, filename: str = "upload.csv") -> Upload:
        """Upload a small file in one piece."""
        answer = self._transport.ask("PUT", "/uploads", params={"filename": filename}, content=content)
        return decode(Upload, answer.json())

    def unfinished(self) -> list[Transfer]:
        """Files that have not arrived whole, the oldest first; `send` with `resume` goes on with one."""
        answer = self._transport.ask("GET", "/unfinished-uploads").json()
        return [decode(Transfer, one) for one in answer["uploads"]]

    def begin(self, filename: str, total: int, *, sha256: str | None = None) -> Transfer:
        """Announce a file; `send` with `resume` sends it."""
        body = {"filename": filename, "bytes": total, "sha256": sha256}
        return self._transport.change(Transfer, "POST", "/uploads", body)

    def offset(self, upload: "Transfer | Upload | str") -> int:
        """How many bytes of an announced file have arrived."""
        return int(self._transport.ask("HEAD", f"/uploads/{id_of(upload)}").headers["upload-offset"])

    def get(self, upload: "Transfer | Upload | str", **choices: Any) -> Upload:
        """An upload and what it seems to be, read with choices such as `text`, `label`, `delimiter`."""
        return self._transport.get(Upload, f"/uploads/{id_of(upload)}", **choices)

    def all(self) -> Iterator[Upload]:
        """Every upload, the newest first."""
        return self._transport.pages(Upload, "/uploads", "uploads")

    def delete(self, upload: "Transfer | Upload | str") -> None:
        """Delete an upload that no dataset was made of, or call one off."""
        self._transport.ask("DELETE", f"/uploads/{id_of(upload)}")

    def _send(
        self, file: BinaryIO, filename: str, progress: Progress, part_bytes: int | None, resume: str | None
    ) -> Upload:
        total = file.seek(0, io.SEEK_END)
        if resume is None:
            begun = self.begin(filename, total, sha256=_sha256(file))
            return self._send_from(
                Sending(file, total, begun.id, part_bytes or begun.part_bytes, progress), 0
            )
        sending = Sending(file, total, resume, part_bytes or 8_000_000, progress)
        return self._send_from(sending, self.offset(resume))

    def _send_from(self, sending: Sending, offset: int) -> Upload:
        failures, patience = 0, self._transport.patience
        while True:
            sending.progress(offset, sending.total)
            answer = self._send_part(sending, offset)
            if answer is not None and answer.status_code == httpx.codes.CREATED:
                sending.progress(sending.total, sending.total)
                return decode(Upload, answer.json())
            if answer is not None and answer.is_success:
                failures, offset = 0, int(answer.headers["upload-offset"])
                continue
            failures += 1
            if answer is not None and answer.status_code not in (UNDER_WAY, *WORKS_LATER):
                raise problem_of(answer)
            if failures >= patience.tries:
                raise UnreachableError(
                    f"The connection stays lost at byte {offset:,}; go on later with resume={sending.id!r}."
                )
            time.sleep(patience.wait_seconds(failures))
            offset = self.offset(sending.id)
            if offset == sending.total and (found := self._finished(sending.id)) is not None:
                return found

    def _send_part(self, sending: Sending, offset: int) -> httpx.Response | None:
        """The answer to a part; None if the connection was lost."""
        sending.file.seek(offset)
        part = sending.file.read(sending.part_bytes)
        headers = {"Upload-Offset": str(offset), "Content-Type": "application/partial-upload"}
        address = f"{PREFIX}/uploads/{sending.id}"
        try:
            return self._transport.http.patch(address, content=part, headers=headers)
        except httpx.TransportError:
            return None

    def _finished(self, upload_id: str) -> Upload | None:
        """The upload, if its last part arrived and only the answer was lost."""
        try:
            return self.get(upload_id)
        except ConflictError:
            return None


def _sha256(file: BinaryIO) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    while piece := file.read(_CHUNK):
        digest.update(piece)
    return digest.hexdigest()
