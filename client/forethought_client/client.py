"""The address of a service becomes an object to call it by."""

from typing import Self, final

import httpx

from forethought_client.account import Account
from forethought_client.classifiers import Classifiers
from forethought_client.datasets import Datasets, Recommendations
from forethought_client.experience import Experience
from forethought_client.jobs import Jobs
from forethought_client.transport import Patience, Transport
from forethought_client.uploads import Uploads


@final
class Forethought:
    """A Forethought service.

    Args:
        url: Where it is, such as http://127.0.0.1:8000.
        token: An API token, where the service has accounts.
        timeout_seconds: How long one request may take.
        patience: How often a request is tried again after a lost connection.
        http: A client of your own, for proxies or certificates; it stays yours to close.
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:8000",
        *,
        token: str | None = None,
        timeout_seconds: float = 60.0,
        patience: Patience | None = None,
        http: httpx.Client | None = None,
    ) -> None:
        self._is_own = http is None
        self._http = http or httpx.Client(timeout=timeout_seconds)
        self._http.base_url = httpx.URL(url)
        if token is not None:
            self._http.headers["Authorization"] = f"Bearer {token}"
        transport = Transport(self._http, patience or Patience())
        self.uploads = Uploads(transport)
        self.datasets = Datasets(transport)
        self.recommendations = Recommendations(transport)
        self.jobs = Jobs(transport)
        self.classifiers = Classifiers(transport, self.jobs)
        self.experience = Experience(transport)
        self.account = Account(transport)

    def is_ready(self) -> bool:
        """Whether the service can recommend now."""
        try:
            return self._http.get("/readyz").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def close(self) -> None:
        """Close the connections."""
        if self._is_own:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
