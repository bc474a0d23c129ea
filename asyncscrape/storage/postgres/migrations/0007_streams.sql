-- Several workers of a job that write at once, each what it reads from a stream of its own.

ALTER TABLE "_asyncscrape_cursor"
    ADD COLUMN streams boolean NOT NULL DEFAULT false, -- whether they have: seq is then the last batch of any stream
    ADD COLUMN writes bigint NOT NULL DEFAULT 0;       -- the transactions that have written
