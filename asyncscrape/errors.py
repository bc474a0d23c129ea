"""The exceptions of asyncscrape.

AsyncscrapeError
├── UsageError           the user must change something           exit 2
│   ├── ConfigError      every mistake of a config at once
│   ├── JobRunning       another process holds the job
│   ├── JobChanged       the config changes the meaning of stored records
│   └── AccessRefused    a host refuses the credentials
├── StoreError           a store, or its disk, stayed unusable (resumable)   exit 4
│   └── StoreDamaged     files of a store are missing or damaged
├── FetchError           one request failed; says why, and whether to try again
│   ├── Postponed        it must wait for something that all requests to its host need
│   ├── Withheld         the same, and only the user can give that
│   └── Superseded       its path in the blob store has a newer file
├── LeadLost             this worker was cut off while it ended the crawl for all
├── NotKept              no kept answer is there to be read again
│   ├── DamagedAnswer    its record cannot be read
│   └── FileGone         its file has gone since it was found; it may be brought again
└── Intention            raised by a parser that knows more than the status code says
    ├── Retry            the answer is not ready yet: ask again
    ├── Blocked          the site does not want us: stop asking this host for now
    └── Gone             the page does not exist: fail without a retry
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum, StrEnum
from types import MappingProxyType

import msgspec


class Exit(IntEnum):
    """The exit codes of all commands."""

    FINISHED = 0
    FAULT = 1
    USAGE = 2
    FAILURES = 3
    STORE = 4
    LIMIT = 10
    INTERRUPTED = 11

    @property
    def meaning(self) -> str:
        """The exit code in words."""
        return MEANINGS[self]

    @property
    def resumable(self) -> bool:
        """Whether the same command resumes the job where this run ended."""
        return self in (Exit.STORE, Exit.LIMIT, Exit.INTERRUPTED)


MEANINGS = {
    Exit.FINISHED: "finished",
    Exit.FAULT: "a fault in the program",
    Exit.USAGE: "wrong usage or config",
    Exit.FAILURES: "finished, but more URLs failed than max_failure_ratio allows, or an expectation is not met",
    Exit.STORE: "a store is unusable: unreachable past its deadline, full, or files missing or damaged; resumable",
    Exit.LIMIT: "stopped at a limit; resumable",
    Exit.INTERRUPTED: "interrupted after saving everything; resumable",
}


class Reason(StrEnum):
    """Why a request failed or was skipped, in a few words that group well in `errors`.

    Each unusable status of an answer has its own reason, see `refused`.
    """

    # The exchange
    ADDRESS = "address"
    BROWSER = "browser"
    """It did not get through with the page."""
    CONNECTION = "connection"
    DNS = "dns"
    ENCODING = "encoding"
    PROTOCOL = "protocol"
    TIMEOUT = "timeout"
    TLS = "tls"
    TOO_LARGE = "too large"
    TRUNCATED = "truncated"
    # The answer
    BLOCKED = "blocked"
    GONE = "gone"
    NOT_READY = "not ready"
    PARSE = "parse"
    PARSER_ERROR = "parser error"
    PARSER_OVERRUN = "parser overrun"
    """It took too much time or memory, or found too much."""
    REDIRECT = "redirect"
    REDIRECT_LOOP = "redirect loop"
    REDIRECTS = "redirects"
    # Before the request is sent
    ACCESS = "access"
    """The credentials that the host wants cannot be had."""
    HOST_GIVEN_UP = "host given up"
    ROBOTS = "robots"
    ROBOTS_UNREACHABLE = "the site does not answer"
    """Not even for its robots.txt, which must be read first."""
    SCOPE = "scope"
    # Files
    BLOB_GONE = "blob gone"
    BLOB_PATH = "blob path"
    BLOB_STORE = "blob store"
    SUPERSEDED = "superseded"
    """The path has a newer file already."""
    # The archive
    NOT_KEPT = "not kept"
    """No answer is there to be read again; the next run asks for it."""
    DAMAGED = "damaged"
    """What is kept cannot be read again; the next run asks for it."""
    LEFT_OUT = "left out"
    """By --match."""
    # This program
    INTERNAL_ERROR = "internal error"

    @staticmethod
    def refused(status: int) -> str:
        """The reason for an answer with this status."""
        return f"http {status}"


class AsyncscrapeError(Exception):
    """Anything this program raises on purpose."""


class UsageError(AsyncscrapeError):
    """The command or the config must change before this can work."""


class Problem(msgspec.Struct, frozen=True, order=True):
    """One mistake in a config: where it is, and what to do."""

    line: int
    key: str
    message: str
    file: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.key}: {self.message}" if self.key else f"{place}: {self.message}"


class ConfigError(UsageError):
    """Every mistake of one config, in the order of the file."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = sorted(problems)
        super().__init__("\n".join(map(str, self.problems)))


class JobRunning(UsageError):
    """The job's lock is held by another process."""


class JobChanged(UsageError):
    """The config no longer agrees with the stored records."""

    def __init__(self, what: str, ways: Mapping[str, str] = MappingProxyType({})) -> None:
        self.what = what
        self.ways = ways
        """The ways out: options of `run`, each with what it does."""
        super().__init__(self.told("CONFIG"))

    def told(self, arguments: str, others: Mapping[str, str] = MappingProxyType({})) -> str:
        """The message, with commands to type for a config given by these arguments, and `others`."""
        commands = [(f"asyncscrape run {arguments} {option}", meaning) for option, meaning in self.ways.items()]
        commands += others.items()
        width = max((len(command) for command, _ in commands), default=0)
        return "\n".join([self.what, *(f"  {command:{width}}   {meaning}" for command, meaning in commands)])


class AccessRefused(UsageError):
    """A host refuses the credentials it was shown, and only the user can get others."""


class StoreError(AsyncscrapeError):
    """A store could not take records or blobs; nothing is lost, the run can be resumed."""

    def __init__(self, message: str, *, passing: bool = False) -> None:
        super().__init__(message)
        self.passing = passing
        """Whether the fault may pass: true for a server that is away for a while, false for a full disk."""


class StoreDamaged(StoreError):
    """Files of a store are missing or damaged, and only a person can put them back."""


class LeadLost(AsyncscrapeError):
    """Another worker ends the crawl by now, since this one was silent for too long."""


class FetchError(AsyncscrapeError):
    """A request that got no usable answer."""

    def __init__(self, reason: str, detail: str = "", *, transient: bool) -> None:
        super().__init__(detail or reason)
        self.reason = reason
        """A few words that group well in `errors`: "timeout", "connection", "too large"."""
        self.detail = detail or reason
        self.transient = transient
        """Whether another try may help."""


class Postponed(FetchError):
    """A request that waits until its host's credentials can be had, through no fault of its own: this is no try."""

    def __init__(
        self, why: str, not_before: float | None = None, *, failed: bool = False, alone: bool = False
    ) -> None:
        super().__init__(Reason.ACCESS, why, transient=True)
        self.not_before = not_before
        """The deadline for the whole host, if it is not to be asked at once."""
        self.alone = alone
        """Whether the deadline is that of this request alone."""
        self.failed = failed
        """Whether somebody was asked for them just now and did not answer as they should."""


class Withheld(FetchError):
    """A request that waits until the user gives its host other credentials; until then the host is not asked."""

    def __init__(self, why: str) -> None:
        super().__init__(Reason.ACCESS, why, transient=False)


class Superseded(FetchError):
    """A file that came after a newer one for its path: there is nothing to do."""

    def __init__(self, path: str, url: str) -> None:
        super().__init__(Reason.SUPERSEDED, f"{path} has a newer file already, from {url}", transient=False)


class NotKept(AsyncscrapeError):
    """A request that only an archive may answer, and it has no answer that can be read."""

    reason = Reason.NOT_KEPT


class DamagedAnswer(NotKept):
    """The archive has an answer, and its record cannot be read."""

    reason = Reason.DAMAGED


class FileGone(NotKept):
    """An answer was found in an archive, and its file has gone since: to make room, or for good."""

    reason = Reason.DAMAGED


class Intention(AsyncscrapeError):
    """An instruction of a parser about a response it cannot use."""


class Retry(Intention):
    """Ask again, after `after` seconds if the parser knows how long."""

    def __init__(self, why: str, after: float | None = None) -> None:
        super().__init__(why)
        self.after = after


class Blocked(Intention):
    """The site refused us on purpose."""


class Gone(Intention):
    """The page does not exist and will not come back."""
