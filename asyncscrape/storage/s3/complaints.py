"""S3's errors in plain words that say what to do. They never contain a secret or the endpoint.

There are three kinds: mistakes that the user must correct, failures that may pass, and failures of a single object.
At the start the first kind is a `UsageError`. Later, when the store has worked before, it is a `StoreError` that may
pass: credentials run out and buckets are deleted in the middle of a run, and whoever repairs that can resume the run.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any, NamedTuple

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConfigParseError,
    HTTPClientError,
    MetadataRetrievalError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    ProfileNotFound,
    ProxyConnectionError,
    SSLError,
    SSOError,
    TokenRetrievalError,
)

from asyncscrape.errors import AsyncscrapeError, FetchError, Reason, StoreError, UsageError


class Remedy(StrEnum):
    """The person or thing that can cure a failure."""

    USER = "user"
    """The user must change the config, the bucket or the rights."""
    TIME = "time"
    """It may pass with time."""
    NONE = "none"
    """Nothing can: it concerns a single object."""


OBJECT_GONE = frozenset({"NoSuchKey", "404"})
FAILURES = (BotoCoreError, ClientError, HTTPClientError)
"""Everything that a failed call to S3 raises."""


class S3Failure(NamedTuple):
    """A failure in words, and its remedy."""

    remedy: Remedy
    words: str
    code: str = ""

    def raised(self, *, starting: bool) -> AsyncscrapeError:
        """The exception to raise, at the start or in the middle of a run."""
        if self.remedy == Remedy.NONE:
            gone = self.code in OBJECT_GONE
            return FetchError(Reason.BLOB_GONE if gone else Reason.BLOB_STORE, self.words, transient=gone)
        if self.remedy == Remedy.USER and starting:
            return UsageError(self.words)
        return StoreError(self.words, passing=True)


NO_CREDENTIALS = (
    "no S3 credentials found; set access_key and secret_key in [store.s3], or AWS_ACCESS_KEY_ID and "
    "AWS_SECRET_ACCESS_KEY in the environment, or a profile in ~/.aws/credentials"
)
EXPIRED = "the S3 credentials have expired; get new ones and run the job again"
ELSEWHERE = "{bucket} is in another region; set region in [store.s3]"
DENIED = (
    "S3 denies access to {bucket}: the credentials need the rights to put and delete objects there, with "
    "archive = true also to read and list them"
)

USER_CODES: Mapping[str, str] = {
    "InvalidAccessKeyId": "S3 does not know the access key; correct access_key in [store.s3], or the AWS credentials "
    "in use",
    "SignatureDoesNotMatch": "the secret key does not belong to the access key; correct secret_key in [store.s3], "
    "or the AWS credentials in use",
    "NoSuchBucket": "{bucket} does not exist; create it, or correct its name",
    "InvalidBucketName": "{bucket}: S3 does not allow this name for a bucket",
    "AccessDenied": DENIED,
    "AllAccessDisabled": DENIED,
    "AccountProblem": "S3 has closed this account; ask your provider",
    "ExpiredToken": EXPIRED,
    "ExpiredTokenException": EXPIRED,
    "TokenRefreshRequired": EXPIRED,
    "RequestExpired": EXPIRED,
    "InvalidToken": "the session token is not valid; correct session_token in [store.s3], or leave it out",
    "PermanentRedirect": ELSEWHERE,
    "TemporaryRedirect": ELSEWHERE,
    "AuthorizationHeaderMalformed": ELSEWHERE,
    "IllegalLocationConstraintException": ELSEWHERE,
    "InvalidStorageClass": "S3 does not know the storage class; correct storage_class in [store.s3]",
    "EntityTooSmall": "the parts are too small for S3; set part_size in [store.s3] to 5 MB (5242880) or more",
    **dict.fromkeys(
        ("InvalidRequest", "InvalidArgument", "NotImplemented"),
        "S3 refuses to write to {bucket}; if encryption, kms_key or storage_class is set in [store.s3], "
        "this server may not support it",
    ),
    "QuotaExceeded": "the quota of {bucket} is used up; make room, or have it raised",
}
OBJECT_CODES: Mapping[str, str] = {
    "KeyTooLongError": "the key is too long for S3",
    "InvalidObjectName": "S3 does not allow this key",
    "XMinioInvalidObjectName": "S3 does not allow this key",
    "EntityTooLarge": "the object is too large for S3",
    "NoSuchKey": "it is no longer in the store",
    "404": "it is no longer in the store",
    "InvalidRange": "it is shorter than it was",
}
PASSING_CODES = frozenset(
    {
        *("SlowDown", "Throttling", "ThrottlingException", "TooManyRequests", "TooManyRequestsException"),
        *("RequestLimitExceeded", "BandwidthLimitExceeded", "RequestTimeout", "RequestTimeoutException"),
        *("OperationAborted", "ConditionalRequestConflict", "InternalError", "ServiceUnavailable"),
        *("BadDigest", "IncompleteBody", "XAmzContentSHA256Mismatch", "NoSuchUpload"),
    }
)
STATUS_CODES = {301: "PermanentRedirect", 307: "TemporaryRedirect", 403: "AccessDenied"}
"""Codes for answers that have only a status and no body, as to HEAD."""


def explain(error: Exception, bucket: str, hidden: Sequence[str] = ()) -> S3Failure:
    """The meaning of a failed call; `bucket` is the bucket's name in messages. S3's own words are left out where they
    contain something `hidden`.
    """
    if isinstance(error, ClientError):
        return _answered(error.response, bucket, hidden)
    match error:
        case NoCredentialsError():
            return S3Failure(Remedy.USER, NO_CREDENTIALS)
        case PartialCredentialsError():
            return S3Failure(
                Remedy.USER, "one half of the S3 credentials is missing; set both access_key and secret_key"
            )
        case ProfileNotFound() | ConfigParseError():
            return S3Failure(Remedy.USER, f"the AWS config is wrong: {error}")
        case SSOError() | TokenRetrievalError():
            return S3Failure(Remedy.USER, "the AWS sign-in has expired; sign in again")
        case MetadataRetrievalError():
            return S3Failure(Remedy.TIME, "the service that provides AWS credentials does not answer")
        case ParamValidationError():
            return S3Failure(Remedy.USER, f"{bucket}: S3 does not allow this name for a bucket or key")
        case SSLError():
            return S3Failure(
                Remedy.USER, "the S3 server's certificate is not trusted; set AWS_CA_BUNDLE, or correct endpoint"
            )
        case ProxyConnectionError():
            return S3Failure(Remedy.TIME, "the proxy to S3 cannot be reached")
        case _:
            return S3Failure(Remedy.TIME, f"S3 cannot be reached ({_in_words(error)}); nothing is lost")


def _answered(response: Any, bucket: str, hidden: Sequence[str]) -> S3Failure:
    said, facts = response.get("Error", {}), response.get("ResponseMetadata", {})
    status = int(facts.get("HTTPStatusCode", 0))
    code = str(said.get("Code", "")) or str(status)
    code = STATUS_CODES.get(status, code) if code.isdigit() else code
    if code == "RequestTimeTooSkewed":
        return S3Failure(Remedy.USER, _skewed(facts.get("HTTPHeaders", {})), code)
    if code in PASSING_CODES or (status >= 500 and code != "NotImplemented") or status == 429:
        return S3Failure(Remedy.TIME, f"S3 is not ready for {bucket} ({code or status}); nothing is lost", code)
    if code in OBJECT_CODES:
        return S3Failure(Remedy.NONE, OBJECT_CODES[code], code)
    if code.startswith("KMS"):
        return S3Failure(
            Remedy.USER, f"S3 cannot encrypt with this key ({code}); correct kms_key in [store.s3]", code
        )
    if code in USER_CODES:
        return S3Failure(Remedy.USER, USER_CODES[code].format(bucket=bucket) + _region(said), code)
    message = str(said.get("Message") or "")
    shown = "" if any(word in message for word in hidden) else message
    return S3Failure(Remedy.USER, f"S3 refuses to work with {bucket}: {code} {shown}".rstrip(), code)


def _region(said: Mapping[str, str]) -> str:
    return f" (S3 names {said['Region']})" if said.get("Region") else ""


def _skewed(headers: Mapping[str, str]) -> str:
    """A message that says how wrong the clock is, judged by the date of the answer."""
    try:
        wrong = (datetime.now(UTC) - parsedate_to_datetime(headers.get("date", ""))).total_seconds()
    except (ValueError, TypeError):
        return "this machine's clock differs from S3's; set it right"
    by = f"{abs(wrong) / 60:.0f} minutes" if abs(wrong) >= 120 else f"{abs(wrong):.0f} seconds"
    return f"this machine's clock is wrong by {by} ({'ahead' if wrong > 0 else 'behind'}); set it right"


def _in_words(error: Exception) -> str:
    """The kind of a network failure. botocore's own words would show the endpoint."""
    cause = getattr(error, "kwargs", {}).get("error")
    kinds = {
        "ConnectTimeoutError": "it does not answer",
        "ReadTimeoutError": "it does not answer in time",
        "ConnectionClosedError": "it closed the connection",
    }
    if words := kinds.get(type(error).__name__):
        return words
    number = getattr(getattr(cause, "os_error", cause), "errno", None) or 0
    return os.strerror(number).lower() if number > 0 else "the server's name is unknown, or the network is down"
