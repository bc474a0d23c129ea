-- The progress of each job, and facts about its tables that only we know.

CREATE TABLE "_asyncscrape_cursor" (
    job text PRIMARY KEY,                     -- the random id of the job's state
    seq bigint NOT NULL,                      -- the last batch of its journal that the tables hold
    tables text[] NOT NULL DEFAULT '{}',      -- the tables it has written to: if one is gone, so are its records
    moved_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE "_asyncscrape_column" (          -- undeclared columns that records added
    table_name text NOT NULL,
    column_name text NOT NULL,
    PRIMARY KEY (table_name, column_name)
);
