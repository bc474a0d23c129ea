-- From layout 6 to 7: kept answers can be read again.

-- While kept answers are read again: how requests of the generation before ended that left no answer to keep.
CREATE TABLE earlier (
    fp     BLOB PRIMARY KEY,
    state  INTEGER NOT NULL,
    reason TEXT,
    detail TEXT,
    url    TEXT    NOT NULL,              -- after redirects
    hops   TEXT,                          -- JSON list of the URLs that redirected there
    stored TEXT,                          -- for blobs: path where the bytes are stored
    attempts INTEGER NOT NULL
) WITHOUT ROWID;

UPDATE meta SET value = '7' WHERE name = 'layout';
