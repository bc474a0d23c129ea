-- How far each job is, and what only we know about its tables.

CREATE TABLE "_asyncscrape_cursor" (
    job text PRIMARY KEY,                     -- the random id of the job's state
    seq bigint NOT NULL,                      -- the last batch of its journal that is in the tables
    tables text[] NOT NULL DEFAULT '{}',      -- the tables it has written to: one that is gone took records along
    moved_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE "_asyncscrape_column" (          -- columns that no config declared and records brought
    table_name text NOT NULL,
    column_name text NOT NULL,
    PRIMARY KEY (table_name, column_name)
);
