"""Failures of an exchange: a word to group them by, and one sentence that a person understands.

The sentences name the host but nothing else of the request: URLs and aiohttp's own messages may hold secrets.
"""

from __future__ import annotations

import errno
import socket
import ssl

import aiohttp
from aiodns import error as dns
from aiohttp.http_exceptions import BadStatusLine, LineTooLong

from asyncscrape.decompress import CutOff, Overflow, Undecodable
from asyncscrape.errors import FetchError, Reason
from asyncscrape.fetchers.http.body import Garbled
from asyncscrape.fetchers.http.connect import Dropped, HttpExchange
from asyncscrape.fetchers.http.counting import Padded
from asyncscrape.fetchers.http.time_limits import Late
from asyncscrape.units import in_words

KNOWN = (aiohttp.ClientError, Late, Dropped, Overflow, Padded, CutOff, Undecodable, FetchError)
"""Everything the network can do to an exchange; anything else is a fault of this program or of a sink."""


def explain(error: BaseException | None, exchange: HttpExchange) -> FetchError:
    """The failure of an exchange in the form the rest of the program knows."""
    if isinstance(error, Dropped):
        error = error.__cause__
    if isinstance(error, FetchError):
        return error
    if isinstance(error, Late):
        return _timeout(error, exchange.authority)
    if isinstance(error, aiohttp.ClientConnectorError):
        return _unconnected(error, exchange)
    if isinstance(error, Overflow):
        key = "max_blob" if exchange.to_sink else "max_body"
        detail = f"{exchange.authority}: the answer is larger than {exchange.limit / 1e6:g} MB ({key})"
        return FetchError(Reason.TOO_LARGE, detail, transient=False)
    return _unreadable(error, exchange.authority)


def _timeout(late: Late, host: str) -> FetchError:
    seconds = in_words(late.seconds)
    what = {
        "connect_timeout": f"{host}: no connection within {seconds}",
        "read_timeout": f"{host} sent nothing for {seconds}",
        "timeout": f"{host}: the whole exchange took longer than {seconds}",
    }
    return FetchError(Reason.TIMEOUT, f"{what[late.limit]} ({late.limit})", transient=True)


def _unconnected(error: aiohttp.ClientConnectorError, exchange: HttpExchange) -> FetchError:
    if exchange.refused and not exchange.opened:
        return exchange.refused
    who = f"the proxy {exchange.proxy.host_port_subcomponent}" if exchange.proxy else exchange.authority
    match error:
        case aiohttp.ClientConnectorDNSError():
            return _unknown_name(error.os_error, who)
        case aiohttp.ClientConnectorCertificateError():
            return FetchError(Reason.TLS, f"{who}: {_certificate(error.certificate_error)}", transient=False)
        case aiohttp.ClientConnectorSSLError():
            return _no_tls(error.os_error, who)
    return FetchError(Reason.CONNECTION, f"{who}: {_broken(error.os_error, 'no connection')}", transient=True)


def _unknown_name(error: OSError, who: str) -> FetchError:
    code = error.errno or getattr(error.__cause__, "args", (None,))[0]
    if code in UNKNOWN:
        return FetchError(Reason.DNS, f"{who}: the name does not exist", transient=False)
    return FetchError(Reason.DNS, f"{who}: the name could not be looked up", transient=True)


UNKNOWN = {socket.EAI_NONAME, dns.ARES_ENOTFOUND, dns.ARES_ENODATA}
"""The codes from name servers for names that do not exist or have no address."""


def _certificate(error: Exception) -> str:
    why = getattr(error, "verify_message", "") or "it could not be verified"
    return f"the certificate is not valid: {why.rstrip('.')}"


def _no_tls(error: OSError, who: str) -> FetchError:
    reason = getattr(error, "reason", None) or ""
    if reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"):
        return FetchError(Reason.TLS, f"{who} does not speak TLS on this port", transient=False)
    why = reason.replace("_", " ").lower() or "the server broke off"
    return FetchError(
        Reason.TLS, f"{who}: the TLS handshake failed: {why}", transient=isinstance(error, ssl.SSLEOFError)
    )


def _unreadable(error: BaseException | None, host: str) -> FetchError:
    """The failure of an answer that came, or should have come, over an open connection."""
    match error:
        case Undecodable():
            return FetchError(Reason.ENCODING, f"the answer from {host} {error}", transient=False)
        case Padded():
            detail = f"{host} sent far more headers and framing than any page needs, around little or no body"
            return FetchError(Reason.PROTOCOL, detail, transient=False)
        case Garbled():
            return FetchError(Reason.PROTOCOL, f"{host}: the body came in broken chunks", transient=True)
        case CutOff() | aiohttp.ClientPayloadError():
            return FetchError(Reason.TRUNCATED, f"{host} broke off in the middle of the body", transient=True)
        case aiohttp.ClientHttpProxyError():
            detail = f"the proxy answered {error.status} instead of connecting to {host}"
            return FetchError(Reason.CONNECTION, detail, transient=error.status >= 500)
        case aiohttp.ClientResponseError():
            return _no_http(error, host)
        case aiohttp.ServerDisconnectedError():
            return FetchError(Reason.CONNECTION, f"{host} closed the connection without an answer", transient=True)
        case OSError():
            return FetchError(Reason.CONNECTION, f"{host}: {_broken(error, 'the connection broke')}", transient=True)
        case aiohttp.InvalidURL():
            return FetchError(Reason.ADDRESS, f"{host} is not an address that can be connected to", transient=False)
    return FetchError(Reason.CONNECTION, f"{host}: the connection broke", transient=True)


def _no_http(error: aiohttp.ClientResponseError, host: str) -> FetchError:
    """The failure of an answer that is not HTTP; aiohttp hides the parser's own complaint two causes deep."""
    complaint = error.__cause__ and error.__cause__.__cause__
    if isinstance(complaint, BadStatusLine):
        detail = f"{host} answered with something that is not HTTP, or with more than it announced"
    elif isinstance(complaint, LineTooLong) or "Too many headers" in error.message:
        detail = f"{host} sent more or longer headers than any page needs"
    elif "chunk" in error.message.lower():
        return FetchError(Reason.PROTOCOL, f"{host}: the body came in broken chunks", transient=True)
    else:
        detail = f"{host} sent headers that are not valid HTTP"
    return FetchError(Reason.PROTOCOL, detail, transient=False)


def _broken(error: OSError, otherwise: str) -> str:
    return WORDS.get(error.errno or 0, otherwise)


WORDS = {
    errno.ECONNREFUSED: "the connection was refused",
    errno.ECONNRESET: "the server reset the connection",
    errno.ECONNABORTED: "the connection was aborted",
    errno.EPIPE: "the server closed the connection",
    errno.EHOSTUNREACH: "there is no route to this host",
    errno.ENETUNREACH: "there is no route to this network",
    errno.ETIMEDOUT: "the connection timed out",
    errno.EADDRNOTAVAIL: "this machine has no free port, or does not have this address",
    errno.EMFILE: "this process has too many files and connections open (see ulimit -n)",
    errno.ENFILE: "this machine has too many files and connections open",
}
"""System errors in English; the system's own messages would be in the language of the machine."""
