-- The whole state of a job: everything a restart needs, and nothing else.

-- Facts about the job itself: the version of the layout, and the meaning of the stored records.
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- Hosts ("example.org", "127.0.0.1:8088") with the politeness clock that survives a restart.
CREATE TABLE host (
    id    INTEGER PRIMARY KEY,
    name  TEXT NOT NULL UNIQUE,
    clock BLOB
);

-- robots.txt as last read, for each origin ("https://example.org").
CREATE TABLE robots (
    origin TEXT PRIMARY KEY,
    data   BLOB NOT NULL
) WITHOUT ROWID;

-- Every URL ever offered. state: 0 pending, 1 leased by the run that holds the lock, 2 done, 3 failed, 4 skipped,
-- 5 alias: the target of a redirect of the row `parent`, kept so that nobody asks for it a second time;
-- 6 a copy that waits for the download `source`, 7 a copy that is ready to make.
CREATE TABLE url (
    id       INTEGER PRIMARY KEY,
    fp       BLOB    NOT NULL,            -- 128-bit fingerprint of kind, URL and note; for copies also of the path
    url      TEXT    NOT NULL,            -- the URL to ask; after a redirect, its target
    kind     TEXT    NOT NULL,
    host     INTEGER NOT NULL,
    depth    INTEGER NOT NULL,
    parent   INTEGER NOT NULL,            -- row of the page that offered it; 0 for seeds
    path     TEXT    NOT NULL,            -- for blobs: path in the blob store
    state    INTEGER NOT NULL DEFAULT 0,
    due      REAL    NOT NULL DEFAULT 0,  -- unix time of the next try; 0 for one never tried
    attempts INTEGER NOT NULL DEFAULT 0,
    hops     TEXT,                        -- JSON list of the URLs that redirected here
    reason   TEXT,
    detail   TEXT,
    source   INTEGER,                     -- for copies: row of the download, or of another copy, that brings the bytes
    stored   TEXT,                        -- for blobs: path where the bytes are stored
    note     TEXT NOT NULL DEFAULT '',    -- for a job's own kinds: what the parser needs to know
    bundle   INTEGER,                     -- the bundle that it belongs to, if any
    deaths   INTEGER NOT NULL DEFAULT 0   -- runs that have ended badly while it was leased, in a row
);
CREATE UNIQUE INDEX url_fingerprint ON url (fp);
CREATE INDEX url_queue  ON url (host, due, id) WHERE state = 0;
CREATE INDEX url_leased ON url (host) WHERE state = 1;
CREATE INDEX url_copies ON url (source) WHERE state = 6;
CREATE INDEX url_ready  ON url (id) WHERE state = 7;
CREATE INDEX url_bundle ON url (bundle, state) WHERE bundle IS NOT NULL;

-- The files that this job put into the blob store.
CREATE TABLE content (
    path   TEXT PRIMARY KEY,
    sha256 TEXT NOT NULL,                 -- empty for a file that a newer one may replace
    line   TEXT NOT NULL,                 -- its row of the table `blobs`, as JSON
    generation INTEGER NOT NULL DEFAULT 1 -- the last one that put it there
) WITHOUT ROWID;
CREATE INDEX content_sha256 ON content (sha256);

-- Records on their way to the stores, as JSON lines; a row leaves when every store has passed it.
CREATE TABLE journal (
    seq   INTEGER PRIMARY KEY AUTOINCREMENT,
    name  TEXT    NOT NULL,               -- record table
    n     INTEGER NOT NULL,
    lines BLOB    NOT NULL
);

-- How far each record store has read the journal.
CREATE TABLE store (
    id    TEXT PRIMARY KEY,
    names TEXT    NOT NULL,               -- JSON list: the config's names for it
    seq   INTEGER NOT NULL
) WITHOUT ROWID;

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

-- Totals, so that no view has to count rows: "page.done", "record.item", "requests", "use.rule 1", "skipped.scope", …
CREATE TABLE tally (
    name TEXT PRIMARY KEY,
    n    REAL NOT NULL
) WITHOUT ROWID;

-- Requests that belong together. step: 0 chosen and not open yet, 1 open, 2 closed, 3 opened again.
CREATE TABLE bundle (
    number INTEGER PRIMARY KEY,
    name   TEXT    NOT NULL UNIQUE,
    step   INTEGER NOT NULL,
    key    TEXT,                          -- the candidate that was chosen; null for seeds, as the next three
    score  REAL,                          -- its score then
    after  INTEGER,                       -- the last bundle that was closed then
    link   TEXT                           -- the request that opens it, as JSON
);
CREATE INDEX bundle_open ON bundle (step, number);

-- What pages have left for the end of their bundles.
CREATE TABLE finding (
    id         INTEGER PRIMARY KEY,       -- the row of the page
    bundle     INTEGER NOT NULL,
    kind       TEXT    NOT NULL,
    data       BLOB    NOT NULL,
    url        TEXT    NOT NULL,
    fetched_at TEXT    NOT NULL
);
CREATE INDEX finding_bundle ON finding (bundle);

-- What may become a bundle.
CREATE TABLE candidate (
    key   TEXT PRIMARY KEY,
    name  TEXT NOT NULL,
    score REAL NOT NULL,
    link  TEXT NOT NULL,
    told  BLOB NOT NULL,
    taken INTEGER                         -- the bundle that it became, or was all along
) WITHOUT ROWID;
CREATE INDEX candidate_best ON candidate (score DESC, name, key) WHERE taken IS NULL AND name <> '';

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

-- What the browser was good for, by rule and host; see `openings.Experience`.
CREATE TABLE experience (
    rule          TEXT    NOT NULL,       -- changes with anything in the rule
    host          INTEGER NOT NULL,
    by_http       INTEGER NOT NULL DEFAULT 0,
    helped        INTEGER NOT NULL DEFAULT 0,
    in_vain       INTEGER NOT NULL DEFAULT 0,
    vain_before   INTEGER NOT NULL DEFAULT 0,
    needed_before INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (rule, host)
) WITHOUT ROWID;
