-- From layout 1 to 2: one download for each URL, copies for further paths, and a table of the files in the blob store.
-- The fingerprints of blobs are renewed by `StateDatabase`.

ALTER TABLE url ADD COLUMN source INTEGER;
ALTER TABLE url ADD COLUMN stored TEXT;
ALTER TABLE url ADD COLUMN note TEXT NOT NULL DEFAULT '';
CREATE INDEX url_copies ON url (source) WHERE state = 6;
CREATE INDEX url_ready  ON url (id) WHERE state = 7;
CREATE TABLE content (
    path   TEXT PRIMARY KEY,
    sha256 TEXT NOT NULL,
    line   TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX content_sha256 ON content (sha256);
UPDATE meta SET value = '2' WHERE name = 'layout';
