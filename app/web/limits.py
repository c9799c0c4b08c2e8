"""Settings become the limits that pages state and forms obey."""

from dataclasses import dataclass
from typing import Final

from app.settings import Settings

# A form without scripts is parsed and written twice; larger files go through the raw upload.
MAX_FORM_FILE_BYTES: Final = 20_000_000
MAX_TRIED_CHARACTERS: Final = 20_000
# What a multipart body has beside the file itself.
FORM_OVERHEAD_BYTES: Final = 100_000


@dataclass(frozen=True, slots=True)
class PageLimits:
    """What one upload, one form and one tried text may weigh."""

    upload_bytes: int
    form_bytes: int
    text_characters: int

    @classmethod
    def from_settings(cls, settings: Settings) -> "PageLimits":
        form_bytes = min(settings.max_upload_bytes, MAX_FORM_FILE_BYTES)
        return cls(settings.max_upload_bytes, form_bytes, MAX_TRIED_CHARACTERS)
