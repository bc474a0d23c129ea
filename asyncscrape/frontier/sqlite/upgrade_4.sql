-- From layout 3 to 4: requests that belong together, and the candidates for more.

ALTER TABLE url ADD COLUMN bundle INTEGER;
CREATE INDEX url_bundle ON url (bundle, state) WHERE bundle IS NOT NULL;

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

UPDATE meta SET value = '4' WHERE name = 'layout';
