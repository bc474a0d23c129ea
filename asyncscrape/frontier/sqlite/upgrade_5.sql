-- From layout 4 to 5: requests that may have ended a run.

ALTER TABLE url ADD COLUMN deaths INTEGER NOT NULL DEFAULT 0;

UPDATE meta SET value = '5' WHERE name = 'layout';
