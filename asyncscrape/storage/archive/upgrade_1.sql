-- From the first layout to that in which answers can be read again.

ALTER TABLE answer ADD COLUMN page BLOB;
CREATE INDEX answer_page ON answer (page) WHERE page IS NOT NULL;

-- URLs that redirected to an answer's.
CREATE TABLE hop (
    print  BLOB    NOT NULL,
    answer INTEGER NOT NULL
);
INSERT INTO hop SELECT print_of(one.value), answer.id FROM answer, json_each(answer.hops) one;
CREATE INDEX hop_print ON hop (print);
CREATE INDEX hop_answer ON hop (answer);
