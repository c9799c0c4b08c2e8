"""What was deleted becomes a receipt that only this installation can have signed, and that it can verify.

Decision: an HMAC with a key of the server. Why: the receipt is shown to whoever runs the server, or to a
court that asks them; both can have it verified, and a key pair would prove no more about what happened.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from app.errors import BadInputError
from app.settings import Settings

KEY_FILE: Final = "receipts.key"
ALGORITHM: Final = "HMAC-SHA256"
_KEY_BYTES: Final = 32


class NotAReceiptError(BadInputError):
    def __init__(self, place: object) -> None:
        super().__init__(f"{place} is no receipt; give the JSON file as it was downloaded.")


def signing_key(settings: Settings) -> bytes:
    """The key of the settings, or that of the data folder, which is made when it is first needed."""
    if settings.receipt_key is not None:
        return settings.receipt_key.get_secret_value().encode()
    path = settings.data / KEY_FILE
    if not path.exists():
        draft = path.with_suffix(f".{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        draft.write_bytes(secrets.token_bytes(_KEY_BYTES))
        # The first of two wins: a link never replaces what is there.
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_bytes()


def signed(facts: Mapping[str, Any], key: bytes) -> dict[str, Any]:
    """The facts with a signature over every one of them."""
    return {**facts, "signature": {"algorithm": ALGORITHM, "value": _signature(facts, key)}}


def is_genuine(receipt: Mapping[str, Any], key: bytes) -> bool:
    """Whether this key signed exactly these facts."""
    facts = {name: value for name, value in receipt.items() if name != "signature"}
    signature = receipt.get("signature")
    said = signature.get("value") if isinstance(signature, Mapping) else None
    return isinstance(said, str) and hmac.compare_digest(said.encode(), _signature(facts, key).encode())


def read_receipt(path: Path) -> Mapping[str, Any]:
    """The receipt of a file.

    Raises:
        NotAReceiptError: It holds something else.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise NotAReceiptError(path) from None
    if not isinstance(found, dict) or "signature" not in found:
        raise NotAReceiptError(path)
    return found


def _signature(facts: Mapping[str, Any], key: bytes) -> str:
    canonical = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hmac.new(key, canonical.encode(), hashlib.sha256).hexdigest()
