"""What belongs to the caller as a whole: the account, its tokens and logins, and their end."""

from collections.abc import Sequence
from typing import Any, final

from forethought_client.answers import AccountFacts, Login, NewToken, Receipt, Token
from forethought_client.decode import decode
from forethought_client.transport import Transport, id_of


@final
class Account:
    """What belongs to the caller as a whole."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def get(self) -> AccountFacts:
        """Who asks, what the token may do, and what is used up."""
        return self._transport.get(AccountFacts, "/account")

    def tokens(self) -> list[Token]:
        """API tokens, the newest first."""
        return [decode(Token, one) for one in self._transport.ask("GET", "/account/tokens").json()["tokens"]]

    def make_token(
        self, name: str, *, scopes: Sequence[str] | None = None, days: int | None = 90
    ) -> NewToken:
        """Make an API token; its words are in this answer and nowhere else."""
        body: dict[str, Any] = {"name": name, "days": days}
        if scopes is not None:
            body["scopes"] = list(scopes)
        return self._transport.change(NewToken, "POST", "/account/tokens", body)

    def revoke_token(self, token: "Token | str") -> None:
        """Make a token stop working at once."""
        self._transport.ask("DELETE", f"/account/tokens/{id_of(token)}")

    def logins(self) -> list[Login]:
        """Browsers that are logged in, last seen first."""
        answer = self._transport.ask("GET", "/account/sessions").json()
        return [decode(Login, one) for one in answer["sessions"]]

    def end_login(self, login: "Login | str") -> None:
        """Log a browser out."""
        self._transport.ask("DELETE", f"/account/sessions/{id_of(login)}")

    def delete_everything(self) -> Receipt:
        """Delete all datasets with all that was made of them."""
        return self._transport.change(Receipt, "POST", "/account/deletions", {"confirm": "delete everything"})

    def end(self, password: str) -> Receipt:
        """Delete the account itself with all it has; no token of it works afterwards, keep the receipt."""
        return self._transport.change(Receipt, "POST", "/account/end", {"password": password})

    def receipts(self) -> list[Receipt]:
        """Receipts of deletions, the newest first."""
        answer = self._transport.ask("GET", "/account/receipts").json()
        return [decode(Receipt, one) for one in answer["receipts"]]

    def receipt(self, receipt: "Receipt | str") -> Receipt:
        """A receipt of a deletion."""
        wanted = receipt if isinstance(receipt, str) else receipt.receipt
        return self._transport.get(Receipt, f"/account/receipts/{wanted}")
