-- What the job's tables hold, and since when.

ALTER TABLE "_asyncscrape_cursor"
    ADD COLUMN begun_at timestamptz,  -- no record of this state is older; null if an older version began it
    ADD COLUMN facts text;            -- the facts found last, and what they are about, as JSON
