"""How often somebody asked becomes whether this request may pass, and the headers that say so.

Decision: a window that slides (`limits`), counted in memory, or in Redis where several web servers run. Why:
a fixed window lets twice the rate pass at its seam. Where Redis does not answer, this process counts alone:
a limiter that is down must neither stop the service nor open the door.
"""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Final, final

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import MemoryStorage, Storage, storage_from_string
from limits.strategies import SlidingWindowCounterRateLimiter

from app.errors import TooOftenError
from app.settings import Settings

log = logging.getLogger(__name__)

LOGIN_MINUTES: Final = 15


@dataclass(frozen=True, slots=True)
class Rate:
    """What one kind of caller may ask in a window."""

    name: str
    item: RateLimitItem


@final
class Rates:
    """The limits of one web server."""

    def __init__(self, settings: Settings) -> None:
        self.address = Rate("address", RateLimitItemPerMinute(settings.address_requests_per_minute))
        self.account = Rate("account", RateLimitItemPerMinute(settings.account_requests_per_minute))
        logins = settings.login_attempts
        self.login = Rate("login", RateLimitItemPerMinute(logins, LOGIN_MINUTES))
        self.login_address = Rate("login-address", RateLimitItemPerMinute(3 * logins, LOGIN_MINUTES))
        self._own = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._limiter = self._own if settings.rates_url is None else _shared(settings)

    def spend(self, rate: Rate, key: str) -> Mapping[str, str]:
        """Count one request, and the headers that say what is left.

        Raises:
            TooOftenError: There were too many.
        """
        try:
            return self._spend(self._limiter, rate, key)
        except StorageError as error:
            log.warning("rates.counted_alone error=%s", type(error.storage_error).__name__)
            return self._spend(self._own, rate, key)

    def forget(self, rate: Rate, key: str) -> None:
        """Count from the start again: the right password was given."""
        try:
            self._limiter.clear(rate.item, rate.name, key)
        except StorageError:
            self._own.clear(rate.item, rate.name, key)

    @staticmethod
    def _spend(limiter: SlidingWindowCounterRateLimiter, rate: Rate, key: str) -> Mapping[str, str]:
        may_pass = limiter.hit(rate.item, rate.name, key)
        stats = limiter.get_window_stats(rate.item, rate.name, key)
        seconds = max(1, ceil(stats.reset_time - time.time()))
        headers = {
            "RateLimit-Policy": f'"{rate.name}";q={rate.item.amount};w={rate.item.get_expiry()}',
            "RateLimit": f'"{rate.name}";r={stats.remaining};t={seconds}',
        }
        if not may_pass:
            raise TooOftenError(seconds, headers)
        return headers


def _shared(settings: Settings) -> SlidingWindowCounterRateLimiter:
    assert settings.rates_url is not None
    storage = storage_from_string(settings.rates_url.get_secret_value(), wrap_exceptions=True)
    assert isinstance(storage, Storage)
    return SlidingWindowCounterRateLimiter(storage)
