"""Polite HTTP: one request at a time, pauses, patience with busy servers, and no secret in any message."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar
from urllib.parse import quote, quote_plus, urljoin, urlsplit

import requests

from ...errors import FetchError, PhusongError

__all__ = ["FetchError", "HttpClient", "Request", "TransientError", "UnwelcomeError"]

TRIES = 6
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 300.0
CONNECT_TIMEOUT_S = 20.0
READ_TIMEOUT_S = 240.0  # an Overpass query may think for three minutes
_REDIRECTS = 5
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504, 509})
_LOGGERS = ("requests", "urllib3", "urllib3.connectionpool", "urllib3.connection", "urllib3.util.retry")

_BROKEN = (
    requests.exceptions.ConnectionError,
    requests.exceptions.Timeout,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
    ConnectionError,
    TimeoutError,
)

_T = TypeVar("_T")


class UnwelcomeError(FetchError):
    """The server refuses (4xx), so that asking again is of no use.

    Parameters
    ----------
    message : str
    status : int
        HTTP status.
    """

    def __init__(self, message: str, status: int) -> None:
        self.status = status
        super().__init__(message)


class TransientError(FetchError):
    """Something that may be gone a little later.

    Parameters
    ----------
    message : str
    wait_s : float or None
        How long the server asks to wait; None: it does not say.
    progress : bool
        Some of the data came all the same, so that the tries count anew.
    """

    def __init__(self, message: str, wait_s: float | None = None, progress: bool = False) -> None:
        self.wait_s, self.progress = wait_s, progress
        super().__init__(message)


@dataclass(frozen=True)
class Request:
    """What is asked of a server.

    Attributes
    ----------
    url : str
        http or https.
    query : mapping of str to str
        Goes into the address.
    form : mapping of str to str
        Sent by POST where it is not empty.
    secret : mapping of str to str
        Goes into the address as well, but is never recorded nor shown.
    pause_s : float
        Between two requests to the same host.
    """

    url: str
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    secret: Mapping[str, str] = field(default_factory=dict, repr=False)
    pause_s: float = 0.0

    @property
    def address(self) -> str:
        """URL with its query, without what is secret."""
        prepared = requests.Request("GET", self.url, params=dict(self.query)).prepare()
        return str(prepared.url)


class _Redacting(logging.Filter):
    """Takes secrets out of what the HTTP library logs."""

    def __init__(self, redact: Callable[[str], str]) -> None:
        super().__init__()
        self._redact = redact

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = self._redact(record.getMessage()), ()
        return True


class HttpClient:
    """Asks servers, waits where they are busy, and keeps secrets to itself.

    Parameters
    ----------
    user_agent : str
        Who asks; public servers want to know.
    secrets : iterable of str
        Never shown in messages nor in what the HTTP library logs.
    tries : int
        Of one request, while nothing of it arrives.
    first_wait_s : float
        After the first failure; doubled after each further one.
    sleep, clock : callable
        Of the time; tests give their own.
    """

    def __init__(
        self,
        user_agent: str,
        secrets: Iterable[str] = (),
        *,
        tries: int = TRIES,
        first_wait_s: float = FIRST_WAIT_S,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._session = requests.Session()
        # identity: lengths and checksums of servers mean the file, not its packing on the way
        self._session.headers.update({"User-Agent": user_agent, "Accept-Encoding": "identity"})
        plain = [secret for secret in secrets if secret]
        forms = {form for secret in plain for form in (secret, quote(secret, safe=""), quote_plus(secret))}
        self._secrets = sorted(forms, key=lambda form: (-len(form), form))
        self._tries, self._first_wait_s = tries, first_wait_s
        self._sleep, self._clock = sleep, clock
        self._last: dict[str, float] = {}
        self._filter = _Redacting(self.redact)
        for name in _LOGGERS:
            logging.getLogger(name).addFilter(self._filter)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()
        for name in _LOGGERS:
            logging.getLogger(name).removeFilter(self._filter)

    def redact(self, text: str) -> str:
        """Return a text without the secrets."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text

    def patiently(self, once: Callable[[], _T]) -> _T:
        """Return what `once` returns; where it raises TransientError, wait and ask again.

        Raises
        ------
        FetchError
            The server stays busy, asks for more patience than is reasonable, or refuses.
        """
        failures, wait_s = 0, self._first_wait_s
        while True:
            try:
                return once()
            except TransientError as error:
                failures = 1 if error.progress else failures + 1
                wait_s = self._first_wait_s if error.progress else wait_s
                if failures >= self._tries:
                    message = f"{error}; tried {failures} times. Run again later: what came is kept"
                    raise FetchError(message) from None
                pause = wait_s if error.wait_s is None else error.wait_s
                if pause > LONGEST_WAIT_S:
                    message = f"{error}; the server asks to wait {pause:.0f} s. Run again then"
                    raise FetchError(message) from None
                self._sleep(pause)
                wait_s = min(wait_s * 2, LONGEST_WAIT_S)

    @contextmanager
    def response(
        self, request: Request, headers: Mapping[str, str] | None = None
    ) -> Iterator[requests.Response]:
        """Ask once and give the response, its body unread; connections that break raise TransientError.

        Parameters
        ----------
        request : Request
        headers : mapping of str to str, optional
            Further headers (Range, If-Match).

        Raises
        ------
        TransientError
            No connection, a busy server (429, 5xx), or the connection broke while the block read the body.
        UnwelcomeError
            Any other status than 200, 206, 412 and 416.
        """
        where = self.redact(request.address)
        try:
            with self._send(request, dict(headers or {}), where) as answer:
                self._check_status(answer, where)
                yield answer
        except requests.exceptions.SSLError as error:
            reason = self.redact(str(error))
            raise FetchError(f"{where}: no trusted connection ({reason})") from None
        except (requests.exceptions.RequestException, OSError) as error:
            if isinstance(error, PhusongError) or not isinstance(error, _BROKEN):
                raise
            raise TransientError(f"{where}: the connection broke ({type(error).__name__})") from None

    def _send(self, request: Request, headers: dict[str, str], where: str) -> requests.Response:
        url, query = request.url, {**request.query, **request.secret}
        method, form = ("POST", dict(request.form)) if request.form else ("GET", None)
        for _ in range(_REDIRECTS + 1):
            self._take_turn(url, request.pause_s)
            answer = self._session.request(
                method, url, params=query, data=form, headers=headers, stream=True,
                allow_redirects=False, timeout=(CONNECT_TIMEOUT_S, READ_TIMEOUT_S),
            )  # fmt: skip
            if not answer.is_redirect:
                return answer
            target = urljoin(answer.url, answer.headers["location"])
            answer.close()
            self._check_redirect(url, target, where)
            url, query = target, {}
            if answer.status_code in (301, 302, 303):
                method, form = "GET", None
        raise FetchError(f"{where}: more than {_REDIRECTS} redirects")

    def _check_redirect(self, url: str, target: str, where: str) -> None:
        before, after = urlsplit(url).scheme, urlsplit(target).scheme
        if after not in ("http", "https") or (before == "https" and after == "http"):
            raise FetchError(f"{where}: refuses to follow a redirect from {before} to {after}")

    def _take_turn(self, url: str, pause_s: float) -> None:
        host = urlsplit(url).netloc
        due = self._last.get(host)
        if due is not None and due + pause_s > self._clock():
            self._sleep(due + pause_s - self._clock())
        self._last[host] = self._clock()

    def _check_status(self, answer: requests.Response, where: str) -> None:
        status = answer.status_code
        if status in (200, 206, 412, 416):
            return
        if status in _BUSY:
            raise TransientError(f"{where}: the server answers {status}", _retry_after_s(answer))
        said = answer.raw.read(200, decode_content=True).decode("utf-8", "replace") if answer.raw else ""
        said = " ".join(self.redact(said).split())
        raise UnwelcomeError(f"{where}: the server answers {status} {answer.reason} ({said})", status)


def _retry_after_s(answer: requests.Response) -> float | None:
    """Seconds of a Retry-After header, which is a number or a date."""
    written = answer.headers.get("Retry-After", "").strip()
    if written.isdigit():
        return float(written)
    try:
        moment = parsedate_to_datetime(written)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
