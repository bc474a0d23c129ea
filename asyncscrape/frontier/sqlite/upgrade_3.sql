-- From layout 2 to 3: the findings that the rules could not use, and the URLs that are not followed. Both are counted
-- from now on; the earlier total of rows left out did not say of which table, so it goes. One reason has a new name.

-- Findings that the rules could not use, counted; the first example of each kind in a column stays.
CREATE TABLE flaw (
    name    TEXT    NOT NULL,             -- record table
    field   TEXT    NOT NULL,             -- its column
    kind    TEXT    NOT NULL,             -- a `FlawKind`
    n       INTEGER NOT NULL,
    example TEXT    NOT NULL,
    url     TEXT    NOT NULL,             -- the page with the example
    PRIMARY KEY (name, field, kind)
) WITHOUT ROWID;

-- URLs that pages offer and that are not in the queue: each once, at most 10,000 for a reason.
CREATE TABLE skipped (
    id     INTEGER PRIMARY KEY,           -- the first half of the fingerprint that the URL would have in the queue
    url    TEXT    NOT NULL,
    reason TEXT    NOT NULL,              -- "scope", "depth", "nofollow"
    parent INTEGER NOT NULL               -- row of the page that offers it
);

-- The generation that has put a file into the blob store.
ALTER TABLE content ADD COLUMN generation INTEGER NOT NULL DEFAULT 1;

DELETE FROM tally WHERE name = 'dropped';
UPDATE url SET reason = 'the site does not answer' WHERE reason = 'robots unreachable';
UPDATE meta SET value = '3' WHERE name = 'layout';
