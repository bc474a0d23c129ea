"""Why a file cannot be read, in words for people, where the system has its own."""

from __future__ import annotations

import errno

WORDS = {
    errno.EACCES: "you are not allowed to read it",
    errno.EISDIR: "it is a folder",
    errno.ELOOP: "it is a link that leads back to itself",
    errno.ENAMETOOLONG: "its name is too long",
    errno.ENOENT: "there is no such file",
    errno.ENOTDIR: "a part of its path is no folder",
}


def why_unreadable(error: OSError) -> str:
    """A sentence about "it"; the system's own words for what is rare."""
    return WORDS.get(error.errno or 0) or error.strerror or str(error)
