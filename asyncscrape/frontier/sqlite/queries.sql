-- name: add
-- Offer a URL; one that is known already is left as it is.
INSERT OR IGNORE INTO url (fp, url, kind, host, depth, parent, path, note) VALUES (?, ?, ?, ?, ?, ?, ?, ?)

-- name: host_id
INSERT INTO host (name) VALUES (?) ON CONFLICT (name) DO UPDATE SET name = name RETURNING id

-- name: hosts
SELECT id, name, clock FROM host

-- name: save_clock
UPDATE host SET clock = ? WHERE name = ?

-- name: waiting_hosts
-- Hosts with something to fetch: whether any of it was never tried, and when the next retry is due.
SELECT host.name, min(url.due) = 0, min(CASE WHEN url.due > 0 THEN url.due END)
FROM url JOIN host ON host.id = url.host WHERE url.state = 0 GROUP BY url.host

-- name: leased_hosts
-- Copies ask no host for anything.
SELECT host.name, count(*) FROM url JOIN host ON host.id = url.host
WHERE url.state = 1 AND url.source IS NULL GROUP BY url.host

-- name: take_retries
-- Tries that are due come before URLs never tried, or they would wait for the whole queue.
SELECT u.id, u.url, u.kind, u.depth, p.url, u.path, u.note, u.attempts, u.hops
FROM url u LEFT JOIN url p ON p.id = u.parent
WHERE u.host = ? AND u.state = 0 AND u.due > 0 AND u.due <= ? ORDER BY u.due, u.id LIMIT ?

-- name: take_fresh
SELECT u.id, u.url, u.kind, u.depth, p.url, u.path, u.note, u.attempts, u.hops
FROM url u LEFT JOIN url p ON p.id = u.parent
WHERE u.host = ? AND u.state = 0 AND u.due = 0 ORDER BY u.id LIMIT ?

-- name: lease
UPDATE url SET state = 1 WHERE id = ?

-- name: next_retry
SELECT min(due) FROM url WHERE host = ? AND state = 0 AND due > 0

-- name: leased_kinds
SELECT kind, count(*) FROM url WHERE state = 1 GROUP BY kind

-- name: release
-- Leases of this run, or of one that was killed, go back to the queue.
UPDATE url SET state = iif(source IS NULL, 0, 7) WHERE state = 1

-- name: finish
-- A request ends: done, failed or skipped.
UPDATE url SET state = ?, attempts = ?, reason = ?, detail = ?, stored = ? WHERE id = ?

-- name: postpone
UPDATE url SET state = iif(source IS NULL, 0, 7), attempts = ?, due = ?, reason = ?, detail = ? WHERE id = ?

-- name: redirect
UPDATE url SET state = 0, url = ?, host = ?, hops = ?, due = 0 WHERE id = ?

-- name: find
SELECT id, state, parent FROM url WHERE fp = ?

-- name: add_alias
INSERT INTO url (fp, url, kind, host, depth, parent, path, note, state) VALUES (?, ?, ?, ?, 0, ?, ?, ?, 5)

-- name: find_download
-- The download that brings a blob's URL, also when its redirect was what led there.
SELECT d.id, d.state, d.path, d.stored, d.source, d.reason, d.detail
FROM url u JOIN url d ON d.id = iif(u.state = 5, u.parent, u.id) WHERE u.fp = ?

-- name: source
SELECT source FROM url WHERE id = ?

-- name: add_copy
INSERT OR IGNORE INTO url (fp, url, kind, host, depth, parent, path, note, state, source, reason, detail)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: become_copy
-- A download was redirected to where another one asks already.
UPDATE url SET state = ?, source = ?, url = ?, hops = ? WHERE id = ?

-- name: ready_copies
-- The bytes have come.
UPDATE url SET state = 7 WHERE source = ? AND state = 6

-- name: end_copies
-- The bytes will not come.
UPDATE url SET state = ?, reason = ?, detail = ? WHERE source = ? AND state = 6 RETURNING id

-- name: take_copies
-- Copies that can be made, each with what is known of the bytes.
SELECT u.id, u.url, u.kind, u.depth, p.url, u.path, u.note, u.attempts, u.hops, s.url, c.path, c.line
FROM url u JOIN url s ON s.id = u.source JOIN content c ON c.path = s.stored LEFT JOIN url p ON p.id = u.parent
WHERE u.state = 7 ORDER BY u.id LIMIT ?

-- name: content_of
-- The blob that has these bytes.
SELECT line FROM content WHERE sha256 = ? LIMIT 1

-- name: content_at
SELECT sha256 FROM content WHERE path = ?

-- name: save_content
-- The newest bytes under a path are those that lie there.
INSERT INTO content (path, sha256, line) VALUES (?, ?, ?)
ON CONFLICT (path) DO UPDATE SET sha256 = excluded.sha256, line = excluded.line WHERE sha256 <> excluded.sha256

-- name: leased_paths
-- Where a killed run may have been writing, and whether something that is known lies there.
SELECT path, path IN (SELECT path FROM content) FROM url WHERE state = 1 AND kind = 'blob'

-- name: waiting_blobs_at_host
SELECT url.id FROM url JOIN host ON host.id = url.host WHERE host.name = ? AND url.state = 0 AND url.kind = 'blob'

-- name: blob_prints
SELECT id, coalesce(json_extract(hops, '$[0]'), url) FROM url WHERE kind = 'blob' ORDER BY id

-- name: save_print
UPDATE OR IGNORE url SET fp = ? WHERE id = ?

-- name: waiting_at_host
-- Kinds of what still waits at a host, to be counted before it is given up.
SELECT url.kind, count(*) FROM url JOIN host ON host.id = url.host
WHERE host.name = ? AND url.state = 0 GROUP BY url.kind

-- name: give_up_host
UPDATE url SET state = 3, reason = ?, detail = ?
WHERE state = 0 AND host = (SELECT id FROM host WHERE name = ?)

-- name: journal_append
INSERT INTO journal (name, n, lines) VALUES (?, ?, ?)

-- name: journal_read
SELECT seq, name, n, lines FROM journal WHERE seq > ? ORDER BY seq

-- name: journal_trim
DELETE FROM journal WHERE seq <= (SELECT min(seq) FROM store)

-- name: journal_bytes
SELECT coalesce(sum(length(lines)), 0) FROM journal

-- name: journal_begin
-- The first place still readable.
SELECT coalesce((SELECT min(seq) FROM journal), (SELECT seq + 1 FROM sqlite_sequence WHERE name = 'journal'), 1)

-- name: journal_end
-- The last place ever given to records.
SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'journal'), 0)

-- name: journal_records
-- Records between two places.
SELECT coalesce(sum(n), 0) FROM journal WHERE seq > ? AND seq <= ?

-- name: journal_passed
-- Bytes that every store has, and that the next trim takes away.
SELECT coalesce(sum(length(lines)), 0) FROM journal WHERE seq <= (SELECT min(seq) FROM store)

-- name: stores
SELECT id, names, seq FROM store

-- name: store_add
INSERT INTO store (id, names, seq) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET names = excluded.names

-- name: store_remove
DELETE FROM store WHERE id = ?

-- name: cursor
SELECT seq FROM store WHERE id = ?

-- name: store_advance
UPDATE store SET seq = ? WHERE id = ?

-- name: lags
SELECT store.names, (SELECT coalesce(sum(n), 0) FROM journal WHERE journal.seq > store.seq) FROM store

-- name: robots
SELECT origin, data FROM robots

-- name: save_robots
INSERT INTO robots (origin, data) VALUES (?, ?) ON CONFLICT (origin) DO UPDATE SET data = excluded.data

-- name: meta
SELECT value FROM meta WHERE name = ?

-- name: save_meta
INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value

-- name: tallies
SELECT name, n FROM tally

-- name: count
INSERT INTO tally (name, n) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET n = n + excluded.n

-- name: failures
SELECT url, kind, reason, detail, attempts, hops FROM url WHERE state = 3 ORDER BY id

-- name: failed
SELECT id, kind, coalesce(json_extract(hops, '$[0]'), url), source FROM url WHERE state = 3 ORDER BY id

-- name: requeue
UPDATE url SET state = 0, due = 0, attempts = 0, hops = NULL, url = ?, host = ?, reason = NULL, detail = NULL WHERE id = ?

-- name: requeue_copy
UPDATE url SET state = iif((SELECT s.stored FROM url s WHERE s.id = url.source) IS NULL, 6, 7),
attempts = 0, reason = NULL, detail = NULL WHERE id = ?

-- name: of_kind
-- Every request of a kind, as it was first asked for; places that redirects led to are no requests.
SELECT coalesce(json_extract(hops, '$[0]'), url), kind, note,
    CASE state WHEN 0 THEN 'pending' WHEN 1 THEN 'leased' WHEN 2 THEN 'done' WHEN 3 THEN 'failed' ELSE 'skipped' END
FROM url WHERE kind = ? AND state < 5 ORDER BY id
