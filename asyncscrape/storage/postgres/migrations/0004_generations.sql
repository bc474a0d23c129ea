-- Generations: which one the tables hold, and which one is being made beside them, in "<table>__next".

ALTER TABLE "_asyncscrape_cursor"
    ADD COLUMN job_name text NOT NULL DEFAULT '',     -- stays the same when the job starts again with --fresh
    ADD COLUMN generation integer NOT NULL DEFAULT 1, -- the last one that the job has switched to
    ADD COLUMN beside integer;                        -- the one in the tables "<table>__next", if there is one
