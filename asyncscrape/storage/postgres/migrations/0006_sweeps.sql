-- Sweeps, which withdraw all rows with some values, and the rows they hide: whole, as they were before any sweep.

CREATE TABLE "_asyncscrape_sweep" (
    table_name text NOT NULL,
    named jsonb NOT NULL,                     -- {"artist_id": 4711}
    "_url" text,                              -- where and when it was withdrawn
    "_fetched_at" timestamptz,
    PRIMARY KEY (table_name, named)
);

CREATE TABLE "_asyncscrape_swept" (
    table_name text NOT NULL,
    key jsonb NOT NULL,                       -- the values of the key as a JSON list
    row jsonb NOT NULL,
    PRIMARY KEY (table_name, key)
);
