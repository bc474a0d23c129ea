-- What an index that is made of objects knows of them.

CREATE TABLE IF NOT EXISTS object (
    number  INTEGER PRIMARY KEY,         -- the segment of its answers
    name    TEXT    NOT NULL UNIQUE,
    size    INTEGER NOT NULL,
    doubled INTEGER NOT NULL DEFAULT 0   -- whether another has some of its answers too
);

-- To forget an object.
CREATE INDEX IF NOT EXISTS answer_segment ON answer (segment);

-- Answers whose record has no body, and whose body has not been found yet: they name themselves.
CREATE INDEX IF NOT EXISTS answer_without_body ON answer (id) WHERE same_as = id;
