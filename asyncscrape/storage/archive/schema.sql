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
    same_as    INTEGER,           -- the answer whose record has the body, if it is another
    page       BLOB               -- print of the open page that it is a part of; null for the document itself
);
CREATE INDEX answer_print ON answer (print);
CREATE INDEX answer_digest ON answer (digest) WHERE same_as IS NULL;
CREATE INDEX answer_page ON answer (page) WHERE page IS NOT NULL;

-- URLs that redirected to an answer's.
CREATE TABLE hop (
    print  BLOB    NOT NULL,
    answer INTEGER NOT NULL
);
CREATE INDEX hop_print ON hop (print);
CREATE INDEX hop_answer ON hop (answer);

-- How far the archive has come: "seq JOB" in the journal of a job, the last "segment", and its "length". "crawl JOB" is
-- the generation that was crawled last, "since" the last answer before that. "mark" is in the names of files,
-- from the number "marked_since" on.
CREATE TABLE progress (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;
