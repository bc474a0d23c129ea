-- The downloaded files: the columns of model.BLOBS, and where and when each file was found.

CREATE TABLE IF NOT EXISTS "blobs" (
    url text NOT NULL,
    path text NOT NULL,                       -- relative to the blob store
    sha256 text,
    bytes bigint,
    content_type text,
    width bigint,                             -- of an image, in pixels
    height bigint,
    etag text,                                -- the blob store's name for this version
    "_url" text,
    "_fetched_at" timestamptz,
    PRIMARY KEY (url, path)
);
