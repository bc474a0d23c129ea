-- name: add
-- Offer a URL; a known one stays as it is.
INSERT OR IGNORE INTO url (fp, url, kind, host, depth, parent, path, note, bundle) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: host_id
INSERT INTO host (name) VALUES (?) ON CONFLICT (name) DO UPDATE SET name = name RETURNING id

-- name: hosts
SELECT id, name FROM host

-- name: grants
-- Hosts between two ids, with everything that a worker needs to know about them.
SELECT host.id, host.name, host.clock,
    EXISTS (SELECT 1 FROM url WHERE host = host.id AND state = {PENDING} AND due = 0) AS fresh,
    (SELECT min(due) FROM url WHERE host = host.id AND state = {PENDING} AND due > 0) AS next_retry
FROM host
WHERE host.id > ? AND host.id <= ? ORDER BY host.id LIMIT ?

-- name: robots
SELECT data FROM robots WHERE origin = ?

-- name: save_clock
UPDATE host SET clock = ? WHERE id = ?

-- name: leased_hosts
-- Copies send no requests.
SELECT host, count(*) AS n FROM url WHERE state = {LEASED} AND source IS NULL GROUP BY host

-- name: take_retries
-- Retries that are due come before untried URLs; otherwise they would wait for the whole queue.
SELECT u.id, u.url, u.kind, u.depth, p.url AS parent, u.path, u.note, u.attempts, u.hops, u.bundle, u.deaths
FROM url u LEFT JOIN url p ON p.id = u.parent
WHERE u.host = ? AND u.state = {PENDING} AND u.due > 0 AND u.due <= ? ORDER BY u.due, u.id LIMIT ?

-- name: take_oldest
SELECT u.id, u.url, u.kind, u.depth, p.url AS parent, u.path, u.note, u.attempts, u.hops, u.bundle, u.deaths
FROM url u LEFT JOIN url p ON p.id = u.parent
WHERE u.host = ? AND u.state = {PENDING} AND u.due = 0 ORDER BY u.id LIMIT ?

-- name: take_newest
SELECT u.id, u.url, u.kind, u.depth, p.url AS parent, u.path, u.note, u.attempts, u.hops, u.bundle, u.deaths
FROM url u LEFT JOIN url p ON p.id = u.parent
WHERE u.host = ? AND u.state = {PENDING} AND u.due = 0 ORDER BY u.id DESC LIMIT ?

-- name: lease
UPDATE url SET state = {LEASED} WHERE id = ?

-- name: next_retry
SELECT min(due) AS due FROM url WHERE host = ? AND state = {PENDING} AND due > 0

-- name: retry_now
UPDATE url SET due = ? WHERE host = ? AND state = {PENDING} AND due > 0

-- name: leased
-- The numbers of leased requests and copies, by kind.
SELECT kind, source IS NOT NULL AS copied, count(*) AS n FROM url WHERE state = {LEASED} GROUP BY kind, copied

-- name: release
-- Put the leases of this run back into the queue.
UPDATE url SET state = iif(source IS NULL, {PENDING}, {READY}) WHERE state = {LEASED}

-- name: recover
-- The same for a run that was killed.
UPDATE url SET state = iif(source IS NULL, {PENDING}, {READY}), deaths = deaths + 1 WHERE state = {LEASED}

-- name: leased_at_host
SELECT kind, count(*) AS n FROM url WHERE host = ? AND state = {LEASED} AND source IS NULL GROUP BY kind

-- name: release_host
UPDATE url SET state = {PENDING} WHERE host = ? AND state = {LEASED} AND source IS NULL

-- name: unfinished
-- Whether anything is left to do. A waiting copy needs no look: what it waits for is among these, unless an older
-- version has left it behind, and then it must not keep the run from ending.
SELECT EXISTS (SELECT 1 FROM url WHERE state = {PENDING}) OR EXISTS (SELECT 1 FROM url WHERE state = {LEASED})
    OR EXISTS (SELECT 1 FROM url WHERE state = {READY}) OR EXISTS (SELECT 1 FROM bundle WHERE step IN (1, 3))

-- name: finish
-- End a request: done, failed or skipped.
UPDATE url SET state = ?, attempts = ?, reason = ?, detail = ?, stored = ?, deaths = 0 WHERE id = ?

-- name: postpone
UPDATE url SET state = iif(source IS NULL, {PENDING}, {READY}), attempts = ?, due = ?, reason = ?, detail = ?,
    deaths = 0 WHERE id = ?

-- name: redirect
UPDATE url SET state = {PENDING}, url = ?, host = ?, hops = ?, due = 0, deaths = 0 WHERE id = ?

-- name: find
SELECT id, state, parent FROM url WHERE fp = ?

-- name: add_alias
INSERT INTO url (fp, url, kind, host, depth, parent, path, note, state) VALUES (?, ?, ?, ?, 0, ?, ?, ?, {ALIAS})

-- name: find_download
-- The download for a blob's URL, even if it reached that URL by a redirect.
SELECT d.id, d.state, d.path, d.stored, d.source, d.reason, d.detail
FROM url u JOIN url d ON d.id = iif(u.state = {ALIAS}, u.parent, u.id) WHERE u.fp = ?

-- name: source
SELECT source FROM url WHERE id = ?

-- name: add_copy
INSERT OR IGNORE INTO url (fp, url, kind, host, depth, parent, path, note, bundle, state, source, reason, detail)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: become_copy
-- A download was redirected to the URL of another.
UPDATE url SET state = ?, source = ?, url = ?, hops = ? WHERE id = ?

-- name: ready_copies
-- The bytes have come.
UPDATE url SET state = {READY} WHERE source = ? AND state = {WAITING}

-- name: end_copies
-- The bytes will not come.
UPDATE url SET state = ?, reason = ?, detail = ? WHERE source = ? AND state = {WAITING} RETURNING id

-- name: take_copies
-- Copies that are ready to make, each with the facts about its bytes.
SELECT u.id, u.url, u.kind, u.depth, p.url AS parent, u.path, u.note, u.attempts, u.hops, u.bundle, u.deaths,
    s.url AS found, c.path AS stored, c.line
FROM url u JOIN url s ON s.id = u.source JOIN content c ON c.path = s.stored LEFT JOIN url p ON p.id = u.parent
WHERE u.state = {READY} ORDER BY u.id LIMIT ?

-- name: content_of
-- A blob with these bytes, of one generation.
SELECT line FROM content WHERE sha256 = ? AND generation = ? LIMIT 1

-- name: content_at
SELECT line FROM content WHERE path = ? AND generation = ?

-- name: any_content
SELECT 1 FROM content WHERE generation = ? LIMIT 1

-- name: save_content
-- New bytes at a path replace the old ones, and so does a new generation, or a newer file (without a hash).
INSERT INTO content (path, sha256, line, generation) VALUES (?, ?, ?, ?)
ON CONFLICT (path) DO UPDATE SET sha256 = excluded.sha256, line = excluded.line, generation = excluded.generation
WHERE sha256 <> excluded.sha256 OR excluded.sha256 = '' OR generation <> excluded.generation

-- name: leased_paths
-- Paths that a killed run may have been writing to, and whether a known file is stored there, of any generation.
SELECT path, path IN (SELECT path FROM content) AS known FROM url WHERE state = {LEASED} AND kind = 'blob'

-- name: waiting_blobs_at_host
SELECT url.id FROM url JOIN host ON host.id = url.host WHERE host.name = ? AND url.state = {PENDING} AND url.kind = 'blob'

-- name: blob_prints
SELECT id, coalesce(json_extract(hops, '$[0]'), url) AS asked FROM url WHERE kind = 'blob' ORDER BY id

-- name: save_print
UPDATE OR IGNORE url SET fp = ? WHERE id = ?

-- name: waiting_at_host
-- The number of requests that wait at a host, by kind, to be counted before the host is given up.
SELECT url.kind, count(*) AS n FROM url JOIN host ON host.id = url.host
WHERE host.name = ? AND url.state = {PENDING} GROUP BY url.kind

-- name: give_up_host
UPDATE url SET state = {FAILED}, reason = ?, detail = ?
WHERE state = {PENDING} AND host = (SELECT id FROM host WHERE name = ?)

-- name: journal_append
INSERT INTO journal (name, n, lines) VALUES (?, ?, ?)

-- name: journal_read
SELECT seq, name AS "table", n AS count, lines FROM journal WHERE seq > ? ORDER BY seq

-- name: journal_trim
DELETE FROM journal WHERE seq <= (SELECT min(seq) FROM store)

-- name: journal_bytes
SELECT coalesce(sum(length(lines)), 0) FROM journal

-- name: journal_begin
-- The first place that can still be read.
SELECT coalesce((SELECT min(seq) FROM journal), (SELECT seq + 1 FROM sqlite_sequence WHERE name = 'journal'), 1)

-- name: journal_end
-- The last place ever given to records.
SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'journal'), 0)

-- name: journal_records
-- Records between two places.
SELECT coalesce(sum(n), 0) FROM journal WHERE seq > ? AND seq <= ?

-- name: journal_passed
-- Bytes that every store has and that the next trim drops.
SELECT coalesce(sum(length(lines)), 0) FROM journal WHERE seq <= (SELECT min(seq) FROM store)

-- name: stores
SELECT id FROM store

-- name: store_add
INSERT INTO store (id, names, seq) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET names = excluded.names

-- name: store_remove
DELETE FROM store WHERE id = ?

-- name: cursor
SELECT seq FROM store WHERE id = ?

-- name: store_advance
UPDATE store SET seq = ? WHERE id = ?

-- name: stores_pass
-- No store takes what lies before a place.
UPDATE store SET seq = max(seq, ?)

-- name: lags
SELECT store.names, (SELECT coalesce(sum(n), 0) FROM journal WHERE journal.seq > store.seq) AS lag FROM store

-- name: behind
-- Whether any store has yet to take something: a batch of withdrawals counts no records.
SELECT EXISTS (SELECT 1 FROM journal WHERE seq > (SELECT min(seq) FROM store))

-- name: save_robots
INSERT INTO robots (origin, data) VALUES (?, ?) ON CONFLICT (origin) DO UPDATE SET data = excluded.data

-- name: meta
SELECT value FROM meta WHERE name = ?

-- name: save_meta
INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value

-- name: forget_meta
DELETE FROM meta WHERE name = ?

-- name: urls_read
-- The pages whose answers a parser has read; one that was redirected to a known page was not.
SELECT url FROM url WHERE state = {DONE} AND kind = 'page' AND reason IS NULL

-- name: forget_earlier
DELETE FROM earlier

-- name: forget_outdated
-- Requests that were made since, or will be.
DELETE FROM earlier WHERE fp IN (
    SELECT fp FROM url WHERE state IN ({PENDING}, {LEASED}) OR (state = {DONE} AND kind <> 'blob' AND reason IS NULL)
)

-- name: remember_earlier
-- What it was redirected to ended as it did, if somebody else asks for that.
WITH ended AS (
    SELECT id, fp, state, reason, detail, url, hops, stored, attempts FROM url
    WHERE (state IN ({FAILED}, {SKIPPED}) AND reason NOT IN ('not kept', 'damaged'))
    OR (state = {DONE} AND (kind = 'blob' OR reason <> 'left out'))
)
INSERT OR REPLACE INTO earlier (fp, state, reason, detail, url, hops, stored, attempts)
SELECT fp, state, reason, detail, url, hops, stored, attempts FROM ended
UNION ALL
SELECT a.fp, e.state, e.reason, e.detail, e.url, NULL, e.stored, e.attempts
FROM url a JOIN ended e ON e.id = a.parent WHERE a.state = {ALIAS}

-- name: earlier
SELECT state, reason, detail, url, hops, stored, attempts FROM earlier WHERE fp = ?

-- name: content_there
-- A file at a path, of any generation.
SELECT line FROM content WHERE path = ?

-- name: passed_over
-- Some of the requests, behind an id, from which no answer could be read.
SELECT id, kind, reason, coalesce(json_extract(hops, '$[0]'), url) AS asked FROM url
WHERE id > ? AND state = {SKIPPED} AND reason IN ('not kept', 'damaged') AND source IS NULL ORDER BY id LIMIT ?

-- name: passed_over_copies
-- Some of the copies, behind an id, that were passed over with their sources, which are not passed over any more.
SELECT u.id FROM url u JOIN url s ON s.id = u.source
WHERE u.id > ? AND u.state = {SKIPPED} AND u.reason IN ('not kept', 'damaged') AND s.state <> {SKIPPED} ORDER BY u.id LIMIT ?

-- name: empty_queue
-- Without a condition, so that SQLite frees whole pages instead of deleting rows.
DELETE FROM url

-- name: empty_tallies
DELETE FROM tally

-- name: tallies
SELECT name, n FROM tally

-- name: count
INSERT INTO tally (name, n) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET n = n + excluded.n

-- name: failures
SELECT coalesce(json_extract(u.hops, '$[0]'), u.url) AS url, u.kind, u.reason, u.detail, u.attempts, p.url AS parent
FROM url u LEFT JOIN url p ON p.id = u.parent WHERE u.state = {FAILED} ORDER BY u.id

-- name: failed
SELECT id, kind, coalesce(json_extract(hops, '$[0]'), url) AS asked, source FROM url WHERE state = {FAILED} ORDER BY id

-- name: requeue
UPDATE url SET state = {PENDING}, due = 0, attempts = 0, hops = NULL, url = ?, host = ?, reason = NULL, detail = NULL
WHERE id = ?

-- name: source_of
-- The source of a copy.
SELECT s.state, s.stored FROM url u JOIN url s ON s.id = u.source WHERE u.id = ?

-- name: requeue_copy
UPDATE url SET state = ?, attempts = 0, reason = NULL, detail = NULL WHERE id = ?

-- name: of_kind
-- Every request of a kind, by the URL first asked for; the targets of redirects are not requests.
SELECT coalesce(json_extract(hops, '$[0]'), url) AS url, kind, note, state
FROM url WHERE kind = ? AND state <> {ALIAS} ORDER BY id

-- name: flaws
SELECT name, field, kind, n, example, url FROM flaw ORDER BY name, field, kind

-- name: add_flaw
-- The first example stays.
INSERT INTO flaw (name, field, kind, n, example, url) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (name, field, kind) DO UPDATE SET n = n + excluded.n

-- name: forget_flaws
DELETE FROM flaw

-- name: leave_link
-- Note a URL that is not followed, unless it is in the queue.
INSERT OR IGNORE INTO skipped (id, url, reason, parent)
SELECT ?1, ?2, ?3, ?4 WHERE NOT EXISTS (SELECT 1 FROM url WHERE fp = ?5)

-- name: follow_after_all
-- Another page offers the URL so that it is followed.
DELETE FROM skipped WHERE id = ? RETURNING reason

-- name: forget_skipped
DELETE FROM skipped

-- name: links_left
SELECT s.url, s.reason, p.url AS parent FROM skipped s LEFT JOIN url p ON p.id = s.parent ORDER BY s.url

-- name: requests_skipped
SELECT coalesce(json_extract(u.hops, '$[0]'), u.url) AS url, u.reason, u.detail, p.url AS parent
FROM url u LEFT JOIN url p ON p.id = u.parent WHERE u.state = {SKIPPED} ORDER BY u.id

-- name: pages_read
-- Pages by the URL that their parser saw; one that was redirected to a known page was not read.
SELECT u.url, p.url AS parent FROM url u LEFT JOIN url p ON p.id = u.parent
WHERE u.kind = 'page' AND u.state = {DONE} AND u.reason IS NULL ORDER BY u.id

-- name: bundle_last
SELECT coalesce(max(number), 0) FROM bundle

-- name: bundle_closed
-- Bundles are closed in order, so all up to this one are closed, or have been.
SELECT coalesce(max(number), 0) FROM bundle WHERE step >= 2

-- name: bundle_add
INSERT OR IGNORE INTO bundle (number, name, step, key, score, after, link) VALUES (?, ?, ?, ?, ?, ?, ?)

-- name: bundle_step
UPDATE bundle SET step = ? WHERE number = ?

-- name: bundles_chosen
SELECT number, link FROM bundle WHERE step = 0 AND number <= ? ORDER BY number

-- name: bundle_ended
-- The next bundle to close: one that was opened again, or the first that is open.
SELECT number FROM (
    SELECT number FROM bundle WHERE step = 3
    UNION ALL SELECT * FROM (SELECT number FROM bundle WHERE step = 1 ORDER BY number LIMIT 1)
) b
WHERE NOT EXISTS (SELECT 1 FROM url WHERE bundle = b.number AND state IN ({PENDING}, {LEASED}))
ORDER BY number LIMIT 1

-- name: bundle
SELECT b.number, b.name, b.step, b.key, b.score, b.after,
    (SELECT coalesce(json_extract(hops, '$[0]'), url) FROM url WHERE bundle = b.number ORDER BY id LIMIT 1) AS url
FROM bundle b WHERE number = ?

-- name: bundle_failures
SELECT kind, reason FROM url WHERE bundle = ? AND state IN ({FAILED}, {SKIPPED}) ORDER BY id

-- name: bundle_reopen
UPDATE bundle SET step = 3 WHERE step = 2 AND number = (SELECT bundle FROM url WHERE id = ?)

-- name: finding_add
INSERT OR REPLACE INTO finding (id, bundle, kind, data, url, fetched_at) VALUES (?, ?, ?, ?, ?, ?)

-- name: findings
SELECT kind, data, url, fetched_at FROM finding WHERE bundle = ? ORDER BY id

-- name: findings_drop
DELETE FROM finding WHERE bundle = ?

-- name: candidates
SELECT key, name, score, link, told, taken FROM candidate WHERE key IN (SELECT value FROM json_each(?))

-- name: candidate_best
SELECT key, name, score, link FROM candidate c
WHERE taken IS NULL AND name <> '' AND NOT EXISTS (SELECT 1 FROM bundle b WHERE b.name = c.name)
ORDER BY score DESC, name, key LIMIT 1

-- name: candidate_save
INSERT INTO candidate (key, name, score, link, told) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (key) DO UPDATE SET name = excluded.name, score = excluded.score, link = excluded.link, told = excluded.told

-- name: candidates_after
SELECT key, score, told FROM candidate WHERE key > ? ORDER BY key LIMIT ?

-- name: candidate_score
UPDATE candidate SET score = ? WHERE key = ?

-- name: candidate_taken
UPDATE candidate SET taken = ? WHERE key = ?

-- name: forget_bundles
DELETE FROM bundle

-- name: forget_candidates
DELETE FROM candidate

-- name: forget_findings_of_bundles
DELETE FROM finding

-- name: bundle_progress
SELECT count(*) FILTER (WHERE step >= 2) AS done, count(*) FILTER (WHERE step = 1) AS open,
    (SELECT count(*) FROM candidate) AS met
FROM bundle

-- name: bundles_next
-- Those that are chosen and not open, and then the best candidates.
SELECT name, score, after FROM (SELECT name, score, after FROM bundle WHERE step = 0 ORDER BY number LIMIT ?)
UNION ALL
SELECT * FROM (
    SELECT name, score, NULL FROM candidate c
    WHERE taken IS NULL AND name <> '' AND NOT EXISTS (SELECT 1 FROM bundle b WHERE b.name = c.name)
    ORDER BY score DESC, name, key LIMIT ?
)
LIMIT ?

-- name: experience
SELECT e.rule AS "key", host.name AS host, e.by_http, e.helped, e.in_vain, e.vain_before, e.needed_before
FROM experience e JOIN host ON host.id = e.host ORDER BY e.rule, host.name

-- name: learn
INSERT INTO experience (rule, host, by_http, helped, in_vain) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (rule, host) DO UPDATE SET
    by_http = by_http + excluded.by_http, helped = helped + excluded.helped, in_vain = in_vain + excluded.in_vain

-- name: learned_so_far
-- A new generation begins: see `Experience.in_next_generation`.
UPDATE experience SET
    vain_before = iif(helped > 0, 0, vain_before + in_vain),
    needed_before = iif(by_http > 0 OR in_vain > 0, 0, needed_before + helped),
    by_http = 0, helped = 0, in_vain = 0

-- name: leaving_meta
-- What goes along when the job moves: the layout is that of this file alone.
SELECT name, value FROM meta WHERE name <> 'layout'

-- name: leaving_experience
SELECT e.rule, host.name AS host, e.by_http, e.helped, e.in_vain, e.vain_before, e.needed_before
FROM experience e JOIN host ON host.id = e.host
