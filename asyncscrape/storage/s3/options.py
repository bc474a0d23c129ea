"""How to reach S3 and how things are to lie there: the keys of `[store.s3]`."""

from __future__ import annotations

from typing import Literal

import msgspec


class S3Options(msgspec.Struct, frozen=True):
    """Everything but bucket and prefix. What is left out follows the usual AWS rules: environment, files, roles."""

    endpoint: str | None = None
    """URL of a server other than Amazon's."""
    region: str | None = None
    access_key: str | None = None
    secret_key: str | None = None
    session_token: str | None = None
    addressing: Literal["auto", "path", "virtual"] = "auto"
    """Whether the bucket stands in the path or in the host name."""
    concurrency: int = 16
    """Requests open at once."""
    part_size: int = 8_000_000
    """Bytes above which a blob goes up in parts of this size; S3 takes no parts below 5 MiB."""
    encryption: Literal["AES256", "aws:kms"] | None = None
    kms_key: str | None = None
    storage_class: str | None = None
