-- Withdrawn keys: an older record with such a key stays out, even if it comes later.

CREATE TABLE "_asyncscrape_withdrawn" (
    table_name text NOT NULL,
    key text COLLATE "C" NOT NULL,            -- the values of the key as a JSON list
    "_url" text,                              -- where and when it was withdrawn
    "_fetched_at" timestamptz,
    PRIMARY KEY (table_name, key)
);
