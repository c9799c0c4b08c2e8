"""Notifications of the database become wake-ups of the live pages that wait for a job's news."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Final, final
from uuid import UUID

import psycopg

from app.jobs.service import EVENT_CHANNEL

log = logging.getLogger(__name__)

POLL_SECONDS: Final = 5.0
RETRY_SECONDS: Final = 1.0


@final
class JobBell:
    """One LISTEN connection for all open pages; a poll every five seconds makes up for a lost one."""

    def __init__(self, url: str) -> None:
        self._url = url.replace("postgresql+psycopg://", "postgresql://", 1)
        self._waiting: defaultdict[str, set[asyncio.Event]] = defaultdict(set)

    async def listen(self) -> None:
        """Ring for every notification, until cancelled."""
        while True:
            try:
                await self._listen_once()
            except psycopg.OperationalError as error:
                log.warning("bell.disconnected error=%s", type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)

    async def wake_ups(self, job_id: UUID) -> AsyncIterator[None]:
        """One item at once, then one for each piece of news or five seconds without any."""
        rung = asyncio.Event()
        waiting = self._waiting[str(job_id)]
        waiting.add(rung)
        try:
            while True:
                rung.clear()
                yield
                with suppress(TimeoutError):
                    await asyncio.wait_for(rung.wait(), POLL_SECONDS)
        finally:
            waiting.discard(rung)
            if not waiting:
                self._waiting.pop(str(job_id), None)

    async def _listen_once(self) -> None:
        async with await psycopg.AsyncConnection.connect(self._url, autocommit=True) as connection:
            await connection.execute(f'LISTEN "{EVENT_CHANNEL}"')
            async for notification in connection.notifies():
                for rung in self._waiting.get(notification.payload, ()):
                    rung.set()
