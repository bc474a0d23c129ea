-- The index of an archive: where each kept answer is.

CREATE TABLE answer (
    id         INTEGER PRIMARY KEY,
    print      BLOB    NOT NULL,  -- half of the SHA-256 of the URL
    host       TEXT    NOT NULL,
    url        TEXT    NOT NULL,
    hops       TEXT    NOT NULL,  -- JSON list of the URLs that redirected there
    kind       TEXT    NOT NULL,  -- of the request
    note       TEXT    NOT NULL,
    fetched_at TEXT    NOT NULL,
    status     INTEGER NOT NULL,
    type       TEXT    NOT NULL,
    digest     BLOB    NOT NULL,  -- SHA-256 of the body
    size       INTEGER NOT NULL,  -- bytes of the body
    generation INTEGER NOT NULL,
    segment    INTEGER NOT NULL,  -- the number of the file
    place      INTEGER NOT NULL,  -- of the record in the file
    length     INTEGER NOT NULL,  -- of the record
    same_as    INTEGER            -- the answer whose record has the body, if it is another
);
CREATE INDEX answer_print ON answer (print);
CREATE INDEX answer_digest ON answer (digest) WHERE same_as IS NULL;

-- How far the archive has come: "seq JOB" in the journal of a job, the last "segment", and its "length".
CREATE TABLE progress (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;
