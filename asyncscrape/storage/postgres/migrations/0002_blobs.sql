-- The downloaded files: the columns of model.BLOBS, and where and when each was found.

CREATE TABLE IF NOT EXISTS "blobs" (
    url text NOT NULL,
    path text NOT NULL,                       -- where it lies, relative to the blob store
    sha256 text,
    bytes bigint,
    content_type text,
    width bigint,                             -- of an image, in pixels
    height bigint,
    etag text,                                -- what the blob store calls this version of it
    "_url" text,
    "_fetched_at" timestamptz,
    PRIMARY KEY (url, path)
);
