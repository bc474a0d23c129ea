-- The whole state of a job, in a schema of its own: erasing a job drops it, and jobs do not share indexes.

-- Facts about the job itself: the version of the layout, and the meaning of the stored records.
CREATE TABLE meta (
    name  text PRIMARY KEY,
    value text NOT NULL
);

-- Workers. A worker is dead once it is fenced, and never comes back: one that was only slow goes on under another id.
CREATE TABLE worker (
    id        bigint PRIMARY KEY,
    beat      timestamptz NOT NULL,       -- its last sign of life, by the server's clock
    commits   bigint  NOT NULL,           -- the number of its last transaction
    reads     boolean NOT NULL,           -- whether it has registered stores, and so reads its own stream
    fenced    boolean NOT NULL DEFAULT false,
    recovered boolean NOT NULL DEFAULT false,-- whether its hosts are free again and its requests back in the queue
    name      text    NOT NULL DEFAULT '',   -- for people
    alone     boolean NOT NULL DEFAULT true, -- whether nobody may work beside it
    joined    timestamptz NOT NULL DEFAULT clock_timestamp(),
    expected  integer NOT NULL DEFAULT 1,    -- workers that it expects, itself included
    most      integer,                       -- among more than so many, nothing can be divided
    among     integer NOT NULL DEFAULT 0,    -- among at least so many it divides what belongs to the whole job
    placed    boolean NOT NULL DEFAULT false,-- whether it has a share, and so may ask hosts
    concluded boolean NOT NULL DEFAULT false,-- whether it has nothing left to do
    over      boolean NOT NULL DEFAULT false,-- whether it was told since that the finished tables are made
    look      text                           -- the details that it shows, as JSON
) WITH (fillfactor = 50);
CREATE SEQUENCE worker_id;

-- Hosts ("example.org", "127.0.0.1:8088"), with the politeness clock that goes from worker to worker.
CREATE TABLE host (
    id      bigint PRIMARY KEY,
    name    text NOT NULL UNIQUE,
    clock   bytea,
    owner   bigint,                       -- the worker that it is leased to
    unclean integer NOT NULL DEFAULT 0,   -- requests that a dead worker may have sent without recording them
    open    boolean NOT NULL DEFAULT true,-- whether anything may wait there; kept true while it has an owner
    wished  bigint,                       -- the worker that needs it next, and for which it is kept for a while
    wished_until timestamptz
) WITH (fillfactor = 80);
CREATE INDEX host_free ON host (id) WHERE owner IS NULL AND open;
CREATE INDEX host_owner ON host (owner) WHERE owner IS NOT NULL;
CREATE INDEX host_open ON host (id) WHERE open;
CREATE INDEX host_wished ON host (wished) WHERE wished IS NOT NULL;
CREATE SEQUENCE host_id;

-- robots.txt as last read, for each origin ("https://example.org").
CREATE TABLE robots (
    origin text PRIMARY KEY,
    data   bytea NOT NULL
);

-- Every URL ever offered, see `frontier/states.py` for its states. The fingerprint contains the home host, so it is
-- unique for both. The table is not partitioned: rows are found by fingerprint, by id (outcomes, parents, sources) and
-- by the host of today, which a redirect changes, so most statements would have to look into every partition.
CREATE TABLE url (
    id       bigint   PRIMARY KEY,
    fp       bytea    NOT NULL UNIQUE,    -- 128-bit fingerprint of kind, URL and note; for copies also of the path
    url      text     NOT NULL,           -- the URL to ask; after a redirect, its target
    kind     text     NOT NULL,
    host     bigint   NOT NULL,
    depth    integer  NOT NULL,
    parent   bigint   NOT NULL,           -- row of the page that offered it; 0 for seeds
    path     text     NOT NULL,           -- for blobs: path in the blob store
    state    smallint NOT NULL DEFAULT 0,
    due      float8   NOT NULL DEFAULT 0, -- unix time of the next try; 0 for one never tried
    attempts integer  NOT NULL DEFAULT 0,
    hops     text,                        -- JSON list of the URLs that redirected here
    reason   text,
    detail   text,
    source   bigint,                      -- for copies: row of the download, or of another copy, that brings the bytes
    stored   text,                        -- for blobs: path where the bytes are stored
    note     text     NOT NULL DEFAULT '',-- for a job's own kinds: what the parser needs to know
    bundle   bigint,                      -- the bundle that it belongs to, if any
    deaths   integer  NOT NULL DEFAULT 0, -- runs that have ended badly while it was leased, in a row
    holder   bigint                       -- the worker that has leased it
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX url_queue  ON url (host, due, id) WHERE state = 0;
CREATE INDEX url_leased ON url (holder) WHERE state = 1;
CREATE INDEX url_copies ON url (source) WHERE state = 6;
CREATE INDEX url_ready  ON url (id) WHERE state = 7;
CREATE INDEX url_bundle ON url (bundle, state) WHERE bundle IS NOT NULL;
CREATE SEQUENCE url_id;

-- The files that this job put into the blob store.
CREATE TABLE content (
    path       text PRIMARY KEY,
    sha256     text NOT NULL,             -- empty for a file that a newer one may replace
    line       text NOT NULL,             -- its row of the table `blobs`, as JSON
    generation integer NOT NULL           -- the last one that put it there
);
CREATE INDEX content_sha256 ON content (sha256);

-- The workers that are putting files at paths of the blob store.
CREATE TABLE path_turn (
    path   text PRIMARY KEY,
    worker bigint NOT NULL,
    until  timestamptz NOT NULL
);

-- Records on their way to the stores, as JSON lines; a row leaves when every store has passed it. Only one worker
-- writes to a stream, one transaction after the other, so nothing appears behind a cursor.
CREATE TABLE journal (
    seq    bigint PRIMARY KEY,
    stream bigint  NOT NULL,              -- the worker that reads it: the one that wrote it, or has adopted it
    name   text    NOT NULL,              -- record table
    n      integer NOT NULL,
    lines  bytea   NOT NULL
);
ALTER TABLE journal ALTER COLUMN lines SET STORAGE EXTERNAL; -- rows live too briefly to be worth compressing
CREATE INDEX journal_stream ON journal (stream, seq);
CREATE SEQUENCE journal_seq;

-- The record stores, and where each begins in a stream that it has not read yet.
CREATE TABLE store (
    id    text PRIMARY KEY,
    names text   NOT NULL,                -- JSON list: the config's names for it
    begin bigint NOT NULL
);

-- How far each record store has read each stream.
CREATE TABLE place (
    store  text   NOT NULL,
    stream bigint NOT NULL,
    seq    bigint NOT NULL,
    PRIMARY KEY (store, stream)
);

-- Findings that the rules could not use, counted for each worker; the first example of each kind in a column counts.
CREATE TABLE flaw (
    name    text   NOT NULL,              -- record table
    field   text   NOT NULL,              -- its column
    kind    text   NOT NULL,              -- a `FlawKind`
    worker  bigint NOT NULL,
    n       bigint NOT NULL,
    example text   NOT NULL,
    url     text   NOT NULL,              -- the page with the example
    found   timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (name, field, kind, worker)
);

-- URLs that pages offer and that are not in the queue: each once, about 10,000 for a reason.
CREATE TABLE skipped (
    id     bigint PRIMARY KEY,            -- the first half of the fingerprint that the URL would have in the queue
    url    text   NOT NULL,
    reason text   NOT NULL,               -- "scope", "depth", "nofollow"
    parent bigint NOT NULL                -- row of the page that offers it
);

-- Totals, see `frontier/tally_names.py`. Each worker adds to rows of its own, so that no commit waits for another;
-- 0 stands for all that are gone.
CREATE TABLE tally (
    worker bigint NOT NULL,
    name   text   NOT NULL,
    n      float8 NOT NULL,
    PRIMARY KEY (worker, name)
) WITH (fillfactor = 50);

-- Requests that belong together, see `frontier/bundle_phases.py` for their steps.
CREATE TABLE bundle (
    number bigint PRIMARY KEY,
    name   text     NOT NULL UNIQUE,
    step   smallint NOT NULL,
    key    text,                          -- the candidate that was chosen; null for seeds, as the next three
    score  float8,                        -- its score then
    after  bigint,                        -- the last bundle that was closed then
    link   text,                          -- the request that opens it, as JSON
    holder bigint                         -- the worker that closes it
);
CREATE INDEX bundle_open ON bundle (step, number);

-- What pages have left for the end of their bundles.
CREATE TABLE finding (
    id         bigint PRIMARY KEY,        -- the row of the page
    bundle     bigint NOT NULL,
    kind       text   NOT NULL,
    data       bytea  NOT NULL,
    url        text   NOT NULL,
    fetched_at text   NOT NULL
);
CREATE INDEX finding_bundle ON finding (bundle);

-- What may become a bundle. Texts are ordered by their bytes, as everywhere.
CREATE TABLE candidate (
    key   text COLLATE "C" PRIMARY KEY,
    name  text COLLATE "C" NOT NULL,
    score float8 NOT NULL,
    link  text   NOT NULL,
    told  bytea  NOT NULL,
    taken bigint                          -- the bundle that it became, or was all along
);
CREATE INDEX candidate_best ON candidate (score DESC, name, key) WHERE taken IS NULL AND name <> '';

-- While kept answers are read again: how requests of the generation before ended that left no answer to keep.
CREATE TABLE earlier (
    fp     bytea PRIMARY KEY,
    state  smallint NOT NULL,
    reason text,
    detail text,
    url    text NOT NULL,                 -- after redirects
    hops   text,                          -- JSON list of the URLs that redirected there
    stored text,                          -- for blobs: path where the bytes are stored
    attempts integer NOT NULL
);

-- What the browser was good for, by rule and host; see `openings.Experience`.
CREATE TABLE experience (
    rule          text    NOT NULL,       -- changes with anything in the rule
    host          text    NOT NULL,
    by_http       integer NOT NULL DEFAULT 0,
    helped        integer NOT NULL DEFAULT 0,
    in_vain       integer NOT NULL DEFAULT 0,
    vain_before   integer NOT NULL DEFAULT 0,
    needed_before integer NOT NULL DEFAULT 0,
    PRIMARY KEY (rule, host)
);
