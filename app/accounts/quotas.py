"""What an account has used becomes room for more, or one sentence about how to make some.

Each feature counts what is its own; here is what all of them mean by full. In local mode nothing is counted.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.accounts.tables import UsageRow
from app.db.owned import owner_of
from app.errors import ConflictError, TooOftenError
from app.settings import Mode, Settings


class QuotaError(ConflictError):
    def __init__(self, what: str, limit: int, way_out: str) -> None:
        super().__init__(f"This account may have {limit:,} {what}, and this would be more; {way_out}.")


def refuse_bytes(settings: Settings, used: int, more: int) -> None:
    """Refuse a file for which there is no room.

    Raises:
        QuotaError: The files of the account would become too many bytes.
    """
    if settings.mode is Mode.server and used + more > settings.quota_bytes:
        raise QuotaError("bytes of files", settings.quota_bytes, "delete a dataset first")


def refuse_dataset(settings: Settings, used: int) -> None:
    """Refuse one more dataset than there may be.

    Raises:
        QuotaError: There are enough.
    """
    if settings.mode is Mode.server and used >= settings.quota_datasets:
        raise QuotaError("datasets", settings.quota_datasets, "delete one first")


def refuse_training(settings: Settings, used: int) -> None:
    """Refuse one more training at once than there may be.

    Raises:
        QuotaError: There are enough.
    """
    if settings.mode is Mode.server and used >= settings.quota_trainings:
        raise QuotaError("trainings at once", settings.quota_trainings, "wait until one ends, or cancel one")


def spend_predictions(session: Session, settings: Settings, texts: int) -> None:
    """Count texts that are classified today; two requests at once cannot pass together.

    Raises:
        TooOftenError: They are more than a day's; nothing is counted.
    """
    if settings.mode is Mode.local:
        return
    now = datetime.now(UTC)
    new = insert(UsageRow).values(owner_id=owner_of(session), day=now.date(), predictions=texts)
    counted = new.on_conflict_do_update(
        index_elements=["owner_id", "day"], set_={"predictions": UsageRow.predictions + texts}
    )
    used = session.execute(counted.returning(UsageRow.predictions)).scalar_one()
    if used > settings.quota_predictions:
        midnight = datetime(now.year, now.month, now.day, tzinfo=UTC) + timedelta(days=1)
        seconds = max(1, int((midnight - now).total_seconds()))
        policy = {"RateLimit-Policy": f'"predictions";q={settings.quota_predictions};w=86400'}
        left = max(0, settings.quota_predictions - (used - texts))
        headers = {**policy, "RateLimit": f'"predictions";r={left};t={seconds}'}
        raise TooOftenError(seconds, headers, "texts to classify")
