"""What to do about a URL that failed or was skipped, by its reason."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from asyncscrape.errors import Reason


class Advice(msgspec.Struct, frozen=True):
    """Advice for those who see a reason in `errors`."""

    text: str
    again: bool = False
    """Whether trying again may help although nothing else has changed."""


_LATER = Advice("It may have passed: `retry` tries these again.", again=True)
_LINK = Advice("Look at the page that links there: its link is dead, or `follow` finds what is not a link.")
_BROKEN = Advice("The server's answer breaks the rules of HTTP; a browser may show more.")
_LEADS_ON = Advice("Look where it leads; [fetch].max_redirects says how many redirects are followed.")
_CHALLENGE = "The site asks for a human, so stop here: ask its owner, or look for an API or a download."

_REMEDIES: Mapping[str, Advice] = {
    Reason.ADDRESS: Advice(
        "The host is on a private network; if it is yours, list it in [fetch].private_hosts, then `retry`."
    ),
    Reason.CONNECTION: _LATER,
    Reason.DNS: Advice("Check the host's name; if it is right, `retry` tries again.", again=True),
    Reason.ENCODING: _BROKEN,
    Reason.PROTOCOL: _BROKEN,
    Reason.TIMEOUT: Advice("`retry` tries again; [fetch].timeout gives slow pages longer.", again=True),
    Reason.TLS: Advice("Check the host and its certificate in a browser."),
    Reason.TOO_LARGE: Advice("Raise [fetch].max_body for pages, [store].max_blob for files; then `retry`."),
    Reason.TRUNCATED: _LATER,
    Reason.BLOCKED: Advice(_CHALLENGE),
    Reason.ACCESS: Advice("Check the credentials in the config, or when they end; then `retry`."),
    Reason.GONE: Advice("The page says that what it was about is gone."),
    Reason.NOT_READY: _LATER,
    Reason.PARSE: Advice(
        "See what the rules find there with `try`, and mend the rule. Then `run --again` crawls everything anew; "
        "`retry` and `run --mix` ask for these pages alone."
    ),
    Reason.PARSER_ERROR: Advice("See where the parser fails with `try`, mend it, then `retry`."),
    Reason.REDIRECT: _LEADS_ON,
    Reason.REDIRECT_LOOP: _LEADS_ON,
    Reason.REDIRECTS: _LEADS_ON,
    Reason.HOST_GIVEN_UP: _LATER,
    Reason.ROBOTS: Advice("The site's robots.txt asks crawlers to keep away from these."),
    Reason.ROBOTS_UNREACHABLE: Advice("Its robots.txt could not be read; `retry` tries again.", again=True),
    "no rule fits": Advice("Give them a rule, or keep them out with [scope].exclude."),
    Reason.SCOPE: Advice("[scope] leaves these out: hosts (by default those of the seeds), include, exclude."),
    "depth": Advice("They lie deeper than [scope].max_depth."),
    "nofollow": Advice("Their page asks not to follow them; [politeness].nofollow = false follows all the same."),
    Reason.BLOB_GONE: _LATER,
    Reason.BLOB_PATH: Advice(
        "Make the path of each file its own, with {url_hash} in its template, then `run --again`."
    ),
    Reason.BLOB_STORE: _LATER,
    Reason.SUPERSEDED: Advice("Nothing: a newer file has taken its place."),
    Reason.INTERNAL_ERROR: Advice("A fault in asyncscrape; please report it with this detail."),
    Reason.refused(401): Advice("The site wants a login; [fetch].headers and cookies can carry one that you have."),
    Reason.refused(403): Advice(
        "The site refuses: it may want a login, or no crawlers. Ask its owner, or stop here."
    ),
    Reason.refused(408): _LATER,
    Reason.refused(429): Advice("The site is asked too often: raise [politeness].delay; then `retry`.", again=True),
}


def remedy(reason: str) -> Advice | None:
    """What to do about a reason, if anything is known to help."""
    if (known := _REMEDIES.get(reason)) is not None:
        return known
    if reason.startswith(Reason.refused(5)):
        return _LATER
    return _LINK if reason.startswith(Reason.refused(4)) else None


def may_pass(reason: str) -> bool:
    """Whether trying again may help although nothing else has changed."""
    known = remedy(reason)
    return known is not None and known.again
