"""A folder becomes a Celery broker: the embedded default. Kombu's own, with whole messages.

Kombu writes a message in place, where a reader may find it half-written, and takes it through the
machine's folder for temporary files. Here a message appears by a rename and is taken by one.
"""

import json
from pathlib import Path
from queue import Empty
from time import monotonic_ns
from typing import Any, final
from uuid import uuid4

from kombu.transport import filesystem


class Channel(filesystem.Channel):
    """Reads and writes messages whole."""

    # Kombu's two base classes disagree about the argument's name.
    def _put(self, queue: str, payload: Any, **_: Any) -> None:  # type: ignore[override]
        name = f"{monotonic_ns():020d}_{uuid4().hex}.{queue}.msg"
        draft = Path(self.data_folder_out, f".{name}")
        draft.write_text(json.dumps(payload))
        draft.rename(draft.with_name(name))

    def _get(self, queue: str, timeout: float | None = None) -> Any:  # noqa: ARG002  (Kombu's signature)
        for waiting in sorted(Path(self.data_folder_in).glob(f"[0-9]*.{queue}.msg")):
            taken = waiting.with_name(f".taken-{waiting.name}")
            try:
                waiting.rename(taken)
            except FileNotFoundError:
                continue
            text = taken.read_text()
            taken.unlink()
            return json.loads(text)
        raise Empty


@final
class Transport(filesystem.Transport):
    """Kombu's filesystem transport with our channel."""

    Channel = Channel
