-- From layout 5 to 6: what the browser was good for.

-- What the browser was good for, by rule and host; see `openings.Experience`.
CREATE TABLE experience (
    rule          TEXT    NOT NULL,       -- changes with anything in the rule
    host          INTEGER NOT NULL,
    by_http       INTEGER NOT NULL DEFAULT 0,
    helped        INTEGER NOT NULL DEFAULT 0,
    in_vain       INTEGER NOT NULL DEFAULT 0,
    vain_before   INTEGER NOT NULL DEFAULT 0,
    needed_before INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (rule, host)
) WITHOUT ROWID;

UPDATE meta SET value = '6' WHERE name = 'layout';
