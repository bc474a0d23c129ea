-- What came into an archive from WARC files of others. Archives that were begun earlier lack this until they are
-- written to again.

-- Whether an answer is there already; one URL may have very many.
CREATE INDEX IF NOT EXISTS answer_moment ON answer (print, fetched_at);

CREATE TABLE IF NOT EXISTS import_file (
    print    BLOB    PRIMARY KEY,  -- see foreign_files.py
    start    INTEGER NOT NULL,     -- the place where to read on
    inside   INTEGER NOT NULL,
    finished INTEGER NOT NULL,     -- whether it was read to its end
    tally    BLOB    NOT NULL      -- JSON, see import_tables.py
) WITHOUT ROWID;

-- The answers that came from these files.
CREATE TABLE IF NOT EXISTS import_answer (
    answer INTEGER PRIMARY KEY,
    file   BLOB    NOT NULL
);

-- The digests that these files give for the payloads of answers. Records that repeat an answer name them.
CREATE TABLE IF NOT EXISTS import_payload (
    algorithm TEXT    NOT NULL,
    digest    BLOB    NOT NULL,
    answer    INTEGER NOT NULL,
    PRIMARY KEY (algorithm, digest)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS import_payload_answer ON import_payload (answer);

-- Records that repeat an answer that has not come yet.
CREATE TABLE IF NOT EXISTS import_waiting (
    id         INTEGER PRIMARY KEY,
    file       BLOB NOT NULL,
    repetition BLOB NOT NULL
);

-- An answer that goes can be imported again, so its file does not count as read any more.
CREATE TRIGGER IF NOT EXISTS import_forgotten AFTER DELETE ON answer BEGIN
    DELETE FROM import_file WHERE print = (SELECT file FROM import_answer WHERE answer = OLD.id);
    DELETE FROM import_answer WHERE answer = OLD.id;
    DELETE FROM import_payload WHERE answer = OLD.id;
END;
