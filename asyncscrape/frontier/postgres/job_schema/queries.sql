-- name: durable
-- If a server that crashed had forgotten what stores have taken from the journal, the two would not fit together.
SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'

-- name: exists
-- The name has its schema, so that who has lost the right to that is told so, and not that there is no table.
SELECT to_regclass($1) IS NOT NULL

-- name: look
-- All totals, facts about the job and flaws, in one answer; and whether there are bundles to close.
SELECT
    (SELECT json_object_agg(name, n) FROM (SELECT name, sum(n) AS n FROM tally GROUP BY name) t)::text AS tallies,
    (SELECT json_object_agg(name, value) FROM meta)::text AS meta,
    (SELECT json_agg(f) FROM (
        SELECT DISTINCT ON (name COLLATE "C", field COLLATE "C", kind COLLATE "C") name, field, kind,
            sum(n) OVER (PARTITION BY name, field, kind) AS n, example, url
        FROM flaw ORDER BY name COLLATE "C", field COLLATE "C", kind COLLATE "C", found
    ) f)::text AS flaws,
    EXISTS (SELECT FROM bundle WHERE step IN (1, 3)) AS bundles

-- name: save_meta
INSERT INTO meta (name, value) SELECT * FROM unnest($1::text[], $2::text[]) n (name, value) ORDER BY name
ON CONFLICT (name) DO UPDATE SET value = excluded.value

-- name: new_meta
-- Give the job a fact that it keeps.
INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING

-- name: meta
SELECT value FROM meta WHERE name = $1

-- name: forget_meta
DELETE FROM meta WHERE name = ANY($1)

-- name: count
INSERT INTO tally (worker, name, n) SELECT $1, * FROM unnest($2::text[], $3::float8[]) t (name, n) ORDER BY name
ON CONFLICT (worker, name) DO UPDATE SET n = tally.n + excluded.n

-- name: add_flaws
-- The first example stays.
INSERT INTO flaw (worker, name, field, kind, n, example, url)
SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[])
ON CONFLICT (name, field, kind, worker) DO UPDATE SET n = flaw.n + excluded.n

-- name: worker_join
INSERT INTO worker (id, beat, commits, reads, name, alone, expected, most)
VALUES (nextval('worker_id'), clock_timestamp(), $1, $2, $3, $4, $5, $6) RETURNING id

-- name: beat
-- A sign of life, which also locks out those who would fence the worker; finds nothing if it is lost.
UPDATE worker SET beat = clock_timestamp(), commits = $2, among = $4, placed = $5
WHERE id = $1 AND NOT fenced AND beat > clock_timestamp() - $3::interval RETURNING id

-- name: still_there
-- Another sign of life, at the end of a transaction that has kept everybody from fencing the worker.
UPDATE worker SET beat = clock_timestamp() WHERE id = $1

-- name: sharers
-- Who shares the job, in the order in which they have joined. How many a worker expects counts for a while. Those
-- that have concluded take nothing any more.
SELECT id, among, CASE WHEN joined > clock_timestamp() - $1::interval THEN expected ELSE 1 END AS expected, most, placed
FROM worker WHERE NOT fenced AND (NOT concluded OR id = $2) ORDER BY id

-- name: expect_no_more
UPDATE worker SET expected = 1 WHERE id = $1 AND expected > 1

-- name: announce
UPDATE worker SET among = $2 WHERE id = $1

-- name: hosts_to_share
-- The hosts that there are, or as many as need to be counted.
SELECT count(*) FROM (SELECT FROM host WHERE open LIMIT $1) h

-- name: wanted
-- The hosts of this worker that others need.
SELECT name FROM host WHERE owner = $1 AND wished <> $1 AND wished_until > clock_timestamp() ORDER BY id

-- name: conclude
UPDATE worker SET concluded = true WHERE id = $1 RETURNING over

-- name: concluding
-- Of all who have not heard that the finished tables are made: whether all have concluded, the first and the last.
SELECT bool_and(concluded) AS all, min(id) AS first, max(id) AS last FROM worker WHERE NOT fenced AND NOT over

-- name: tell_over
-- Those in the middle of a transaction are left out: they may wait for this one.
UPDATE worker SET over = true WHERE id IN (
    SELECT id FROM worker WHERE concluded AND NOT fenced AND NOT over AND id <> $1 AND id <= $2
    FOR UPDATE SKIP LOCKED
)

-- name: untold
SELECT EXISTS (SELECT FROM worker WHERE concluded AND NOT fenced AND NOT over AND id <> $1 AND id <= $2)

-- name: over
UPDATE worker SET over = true WHERE id = $1

-- name: save_look
UPDATE worker SET look = $2 WHERE id = $1

-- name: workers
-- All of a team who give signs of life, with what each has and owes.
SELECT name, look, concluded, placed, extract(epoch FROM clock_timestamp() - beat)::float8 AS seen,
    (SELECT count(*) FROM host WHERE owner = w.id) AS hosts,
    (SELECT coalesce(max(n), 0)::bigint FROM (
        SELECT sum(j.n) AS n FROM store s JOIN journal j ON j.stream = w.id
        LEFT JOIN place p ON p.store = s.id AND p.stream = j.stream
        WHERE j.seq > coalesce(p.seq, s.begin) GROUP BY s.id
    ) l) AS lag
FROM worker w WHERE NOT fenced AND NOT alone AND beat > clock_timestamp() - $1::interval ORDER BY id

-- name: commits
-- Waits for a transaction of the worker that is still under way on another connection.
SELECT commits FROM worker WHERE id = $1 FOR UPDATE

-- name: fence
-- One that is in the middle of a transaction is not locked out: its commit is a sign of life.
UPDATE worker SET fenced = true WHERE id IN (
    SELECT id FROM worker WHERE NOT fenced AND beat <= clock_timestamp() - $1::interval FOR UPDATE SKIP LOCKED
) RETURNING id

-- name: next_end
-- Seconds until the first lease ends, unless it is renewed.
SELECT extract(epoch FROM min(beat) + $1::interval - clock_timestamp())::float8 FROM worker WHERE NOT fenced

-- name: leave
UPDATE worker SET fenced = true WHERE id = $1 AND NOT fenced RETURNING id

-- name: free_bundles
UPDATE bundle SET holder = NULL WHERE holder = ANY($1)

-- name: fold_tallies
INSERT INTO tally (worker, name, n)
SELECT 0, name, sum(n) FROM tally WHERE worker = ANY($1) GROUP BY name ORDER BY name
ON CONFLICT (worker, name) DO UPDATE SET n = tally.n + excluded.n

-- name: drop_tallies
DELETE FROM tally WHERE worker = ANY($1)

-- name: dead
-- Waits for whoever else is putting back what these had.
SELECT id FROM worker WHERE fenced AND NOT recovered ORDER BY id FOR UPDATE

-- name: recover
WITH back AS (
    UPDATE url SET state = CASE WHEN source IS NULL THEN {PENDING} ELSE {READY} END, holder = NULL,
        deaths = deaths + 1
    WHERE state = {LEASED} AND holder = ANY($1) RETURNING host, kind, source IS NOT NULL AS copied
) SELECT host, kind, copied, count(*) AS n FROM back GROUP BY host, kind, copied

-- name: add_unclean
UPDATE host SET unclean = host.unclean + n.n FROM unnest($1::bigint[], $2::int[]) n (id, n) WHERE host.id = n.id

-- name: free_hosts
UPDATE host SET owner = NULL WHERE owner = ANY($1)

-- name: void_wishes
UPDATE host SET wished = NULL WHERE wished = ANY($1)

-- name: recovered
UPDATE worker SET recovered = true WHERE id = ANY($1)

-- name: bury
-- Forget workers that have left nothing.
DELETE FROM worker w WHERE recovered AND NOT EXISTS (SELECT FROM journal WHERE stream = w.id)

-- name: living
SELECT EXISTS (SELECT FROM worker WHERE NOT fenced AND beat > clock_timestamp() - $1::interval)

-- name: living_workers
-- The same by name. Those of an older layout have none, and are alone.
SELECT coalesce(to_jsonb(w) ->> 'name', '') AS name, coalesce((to_jsonb(w) ->> 'alone')::boolean, true) AS alone
FROM worker w WHERE NOT fenced AND beat > clock_timestamp() - $1::interval

-- name: locked
-- Whether anybody holds the lock of the job, as a worker or alone.
SELECT EXISTS (
    SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND classid::bigint = ($1::bigint >> 32) & 4294967295 AND objid::bigint = $1::bigint & 4294967295
)

-- name: at_work
-- The names of those who hold the lock of the job, except for this session.
SELECT a.application_name AS name FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
AND l.classid::bigint = ($1::bigint >> 32) & 4294967295 AND l.objid::bigint = $1::bigint & 4294967295
AND l.pid <> pg_backend_pid() ORDER BY a.pid

-- name: server
SELECT current_setting('server_version') AS version,
    pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean AS read_only,
    has_database_privilege(current_database(), 'CREATE') AS may_create

-- name: share_lock
SELECT pg_try_advisory_lock_shared($1)

-- name: sole_lock
SELECT pg_try_advisory_lock($1)

-- name: turn_lock
-- One at a time, until the end of the transaction.
SELECT pg_advisory_xact_lock(hashtextextended('turn ' || current_setting('search_path'), 0))

-- name: host_ids
SELECT id, name FROM host WHERE name = ANY($1)

-- name: add_hosts
-- Ids in order of discovery, rows in one order for all workers.
WITH new AS MATERIALIZED (
    SELECT nextval('host_id') AS id, name FROM (
        SELECT name FROM unnest($1::text[]) WITH ORDINALITY h (name, place) ORDER BY place
    ) h
)
INSERT INTO host (id, name) SELECT id, name FROM new ORDER BY name ON CONFLICT (name) DO NOTHING

-- name: reopen_hosts
-- Hosts of others, or of nobody: whoever finds one empty must not close it while something comes.
SELECT id, open FROM host WHERE id = ANY($1) AND owner IS DISTINCT FROM $2 ORDER BY id FOR KEY SHARE

-- name: open_hosts
UPDATE host SET open = true WHERE id IN (SELECT id FROM host WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE)

-- name: free
-- Hosts that may have something to fetch, and nobody else looks at, or needs.
SELECT h.id, h.name, h.clock, h.unclean,
    EXISTS (SELECT FROM url WHERE host = h.id AND state = {PENDING} AND due = 0) AS fresh,
    (SELECT min(due) FROM url WHERE host = h.id AND state = {PENDING} AND due > 0) AS next_retry
FROM host h WHERE owner IS NULL AND open AND (wished IS NULL OR wished = $2 OR wished_until < clock_timestamp())
ORDER BY h.id LIMIT $1 FOR UPDATE SKIP LOCKED

-- name: needed
-- The same for some hosts, whether there is anything to fetch or not.
SELECT h.id, h.name, h.clock, h.unclean,
    EXISTS (SELECT FROM url WHERE host = h.id AND state = {PENDING} AND due = 0) AS fresh,
    (SELECT min(due) FROM url WHERE host = h.id AND state = {PENDING} AND due > 0) AS next_retry
FROM host h WHERE owner IS NULL AND id = ANY($1)
    AND (wished IS NULL OR wished = $2 OR wished_until < clock_timestamp())
ORDER BY h.id FOR UPDATE SKIP LOCKED

-- name: wish
-- The first who needs a host gets it next. A wish that is repeated is written now and then.
UPDATE host SET wished = $2, wished_until = clock_timestamp() + $3::interval WHERE id IN (
    SELECT id FROM host WHERE id = ANY($1) AND owner IS DISTINCT FROM $2 AND (
        wished IS NULL OR wished_until < clock_timestamp()
        OR (wished = $2 AND wished_until < clock_timestamp() + $3::interval / 2)
    ) ORDER BY id FOR NO KEY UPDATE
)

-- name: close_hosts
-- Hosts that were locked when they were found empty. What came between the look and the lock is seen only now.
UPDATE host h SET open = false
WHERE id = ANY($1) AND NOT EXISTS (SELECT FROM url WHERE host = h.id AND state = {PENDING})

-- name: grant
UPDATE host SET owner = $2, wished = NULL, open = true WHERE id = ANY($1)

-- name: owned
SELECT id FROM host WHERE name = ANY($1) AND owner = $2

-- name: give_back
WITH back AS (
    UPDATE url SET state = {PENDING}, holder = NULL WHERE state = {LEASED} AND holder = $2 AND host = ANY($1)
    AND source IS NULL RETURNING kind
) SELECT kind, count(*) AS n FROM back GROUP BY kind

-- name: disown
UPDATE host SET owner = NULL WHERE id = ANY($1)

-- name: release
-- Copies have a source.
WITH back AS (
    UPDATE url SET state = CASE WHEN source IS NULL THEN {PENDING} ELSE {READY} END, holder = NULL
    WHERE state = {LEASED} AND holder = $1 RETURNING kind, source IS NOT NULL AS copied
) SELECT kind, copied, count(*) AS n FROM back GROUP BY kind, copied

-- name: robots
SELECT data FROM robots WHERE origin = $1

-- name: save_clocks
-- What may have been sent without a record is in the clock now.
UPDATE host SET clock = n.clock, unclean = 0 FROM unnest($1::bigint[], $2::bytea[]) n (id, clock) WHERE host.id = n.id

-- name: save_robots
INSERT INTO robots (origin, data) SELECT * FROM unnest($1::text[], $2::bytea[]) r (origin, data) ORDER BY origin
ON CONFLICT (origin) DO UPDATE SET data = excluded.data

-- name: take_oldest
-- Retries come before untried URLs; those that are not due yet tell when the next one is.
SELECT u.id, u.url, u.kind, u.depth, p.url AS parent, u.path, u.note, u.attempts, u.hops, u.bundle, u.deaths,
    h.id AS host, u.due
FROM unnest($1::bigint[], $2::int[]) h (id, most) CROSS JOIN LATERAL (
    (SELECT * FROM url WHERE host = h.id AND state = {PENDING} AND due > 0 ORDER BY due, id LIMIT h.most + 1)
    UNION ALL
    (SELECT * FROM url WHERE host = h.id AND state = {PENDING} AND due = 0 ORDER BY id LIMIT h.most + 1)
) u LEFT JOIN url p ON p.id = u.parent ORDER BY u.due, u.id

-- name: take_newest
SELECT u.id, u.url, u.kind, u.depth, p.url AS parent, u.path, u.note, u.attempts, u.hops, u.bundle, u.deaths,
    h.id AS host, u.due
FROM unnest($1::bigint[], $2::int[]) h (id, most) CROSS JOIN LATERAL (
    (SELECT * FROM url WHERE host = h.id AND state = {PENDING} AND due > 0 ORDER BY due, id LIMIT h.most + 1)
    UNION ALL
    (SELECT * FROM url WHERE host = h.id AND state = {PENDING} AND due = 0 ORDER BY id DESC LIMIT h.most + 1)
) u LEFT JOIN url p ON p.id = u.parent ORDER BY u.due, u.id * CASE u.due WHEN 0 THEN -1 ELSE 1 END

-- name: lease
UPDATE url SET state = {LEASED}, holder = $2 WHERE id = ANY($1)

-- name: pages_lock
-- Who leases pages of a job that may have only so many, one at a time, until the end of the transaction.
SELECT pg_advisory_xact_lock(hashtextextended('pages ' || current_setting('search_path'), 0))

-- name: counted
SELECT coalesce(sum(n), 0)::bigint FROM tally WHERE name = ANY($1)

-- name: retry_now
UPDATE url SET due = $2 WHERE host = ANY($1) AND state = {PENDING} AND due > 0

-- name: unfinished
-- Whether anything is left to do. A waiting copy needs no look: what it waits for is among these.
SELECT EXISTS (SELECT FROM url WHERE state = {PENDING}) OR EXISTS (SELECT FROM url WHERE state = {LEASED})
    OR EXISTS (SELECT FROM url WHERE state = {READY}) OR EXISTS (SELECT FROM bundle WHERE step IN (1, 3))

-- name: holdings
-- Those of these requests that the worker still has, without a name, and these hosts.
SELECT id, NULL AS name, holder AS owner FROM url WHERE id = ANY($1) AND state = {LEASED} AND holder = $2
UNION ALL SELECT id, name, owner FROM host WHERE name = ANY($3)

-- name: finish
-- End requests: done, failed or skipped.
UPDATE url SET state = n.state, attempts = n.attempts, reason = n.reason, detail = n.detail, stored = n.stored,
    deaths = 0, holder = NULL
FROM unnest($1::bigint[], $2::smallint[], $3::int[], $4::text[], $5::text[], $6::text[])
    n (id, state, attempts, reason, detail, stored)
WHERE url.id = n.id

-- name: postpone
UPDATE url SET state = CASE WHEN source IS NULL THEN {PENDING} ELSE {READY} END, attempts = n.attempts,
    due = n.due, reason = n.reason, detail = n.detail, deaths = 0, holder = NULL
FROM unnest($1::bigint[], $2::int[], $3::float8[], $4::text[], $5::text[]) n (id, attempts, due, reason, detail)
WHERE url.id = n.id

-- name: redirect
UPDATE url SET state = {PENDING}, url = $2, host = $3, hops = $4, due = 0, deaths = 0, holder = NULL WHERE id = $1

-- name: find
SELECT id, state, parent FROM url WHERE fp = $1

-- name: add_alias
INSERT INTO url (id, fp, url, kind, host, depth, parent, path, note, state)
VALUES (nextval('url_id'), $1, $2, $3, $4, 0, $5, $6, $7, {ALIAS}) ON CONFLICT (fp) DO NOTHING RETURNING id

-- name: add
-- Offer URLs; a known one stays as it is. Ids in order of discovery, rows in one order for all workers, who would
-- block each other otherwise.
WITH new AS MATERIALIZED (
    SELECT nextval('url_id') AS id, n.* FROM (
        SELECT * FROM unnest($1::bytea[], $2::text[], $3::text[], $4::bigint[], $5::int[], $6::bigint[], $7::text[],
            $8::text[], $9::bigint[]) WITH ORDINALITY
            n (fp, url, kind, host, depth, parent, path, note, bundle, place)
        ORDER BY place
    ) n
), added AS (
    INSERT INTO url (id, fp, url, kind, host, depth, parent, path, note, bundle)
    SELECT id, fp, url, kind, host, depth, parent, path, note, bundle FROM new ORDER BY fp, place
    ON CONFLICT (fp) DO NOTHING RETURNING id
)
SELECT new.place FROM added JOIN new USING (id) ORDER BY new.place

-- name: find_download
-- The download for a blob's URL, even if it reached that URL by a redirect. It cannot end before the copy is stored.
SELECT d.id, d.state, d.path, d.stored, d.source, d.reason, d.detail
FROM url u JOIN url d ON d.id = CASE WHEN u.state = {ALIAS} THEN u.parent ELSE u.id END
WHERE u.fp = $1 FOR SHARE OF d

-- name: source
SELECT source FROM url WHERE id = $1

-- name: add_copy
INSERT INTO url (id, fp, url, kind, host, depth, parent, path, note, bundle, state, source, reason, detail)
VALUES (nextval('url_id'), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (fp) DO NOTHING RETURNING id

-- name: become_copy
-- A download was redirected to the URL of another.
UPDATE url SET state = $2, source = $3, url = $4, hops = $5, holder = NULL WHERE id = $1

-- name: ready_copies
-- The bytes have come.
UPDATE url SET state = {READY} WHERE source = ANY($1) AND state = {WAITING}

-- name: end_copies
-- The bytes will not come.
UPDATE url SET state = $1, reason = $2, detail = $3 WHERE source = $4 AND state = {WAITING} RETURNING id

-- name: any_ready
SELECT EXISTS (SELECT FROM url WHERE state = {READY})

-- name: take_copies
-- Copies that are ready to make, each with the facts about its bytes.
SELECT u.id, u.url, u.kind, u.depth, p.url AS parent, u.path, u.note, u.attempts, u.hops, u.bundle, u.deaths,
    s.url AS found, c.path AS stored, c.line
FROM url u JOIN url s ON s.id = u.source JOIN content c ON c.path = s.stored LEFT JOIN url p ON p.id = u.parent
WHERE u.state = {READY} ORDER BY u.id LIMIT $1 FOR UPDATE OF u SKIP LOCKED

-- name: content_of
-- A blob with these bytes, of one generation.
SELECT line FROM content WHERE sha256 = $1 AND generation = $2 LIMIT 1

-- name: content_at
SELECT line FROM content WHERE path = $1 AND generation = $2

-- name: content_there
-- A file at a path, of any generation.
SELECT line FROM content WHERE path = $1

-- name: save_content
-- New bytes at a path replace the old ones, and so does a new generation, or a newer file (without a hash).
INSERT INTO content (path, sha256, line, generation) VALUES ($1, $2, $3, $4)
ON CONFLICT (path) DO UPDATE SET sha256 = excluded.sha256, line = excluded.line, generation = excluded.generation
WHERE content.sha256 <> excluded.sha256 OR excluded.sha256 = '' OR content.generation <> excluded.generation

-- name: leased_paths
-- Paths that a dead worker may have been writing to, and whether a known file is stored there, of any generation; but
-- for those that a living one may be writing to.
SELECT path, EXISTS (SELECT FROM content c WHERE c.path = url.path) AS known FROM url
WHERE state = {LEASED} AND kind = 'blob' AND holder IN (SELECT id FROM worker WHERE fenced AND NOT recovered)
    AND path NOT IN (
        SELECT path FROM url
        WHERE state = {LEASED} AND kind = 'blob' AND holder IN (SELECT id FROM worker WHERE NOT fenced)
    )

-- name: take_path
-- The turn at a path, unless a living worker has it.
INSERT INTO path_turn AS t (path, worker, until) VALUES ($1, $2, clock_timestamp() + $3::interval)
ON CONFLICT (path) DO UPDATE SET worker = excluded.worker, until = excluded.until
WHERE t.worker = excluded.worker OR t.until < clock_timestamp()
    OR NOT EXISTS (SELECT FROM worker w WHERE w.id = t.worker AND NOT w.fenced)
RETURNING true

-- name: leave_path
DELETE FROM path_turn WHERE path = $1 AND worker = $2 RETURNING true

-- name: give_up_host
WITH given_up AS (
    UPDATE url SET state = {FAILED}, reason = $2, detail = $3 WHERE state = {PENDING} AND host = $1 RETURNING id, kind
) SELECT id, kind FROM given_up

-- name: journal_append
INSERT INTO journal (seq, stream, name, n, lines)
SELECT nextval('journal_seq'), $1, name, n, lines FROM (
    SELECT * FROM unnest($2::text[], $3::int[], $4::bytea[]) WITH ORDINALITY n (name, n, lines, place) ORDER BY place
) n RETURNING seq

-- name: journal_read
SELECT seq, name, n, lines FROM journal WHERE stream = $1 AND seq > $2 ORDER BY seq LIMIT $3

-- name: journal_read_all
SELECT seq, name, n, lines FROM journal WHERE seq > $1 ORDER BY seq LIMIT $2

-- name: journal_end
-- The last place ever given to records.
SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM journal_seq

-- name: streams
-- All streams in which anything is left.
SELECT DISTINCT stream FROM journal

-- name: dead_streams
SELECT DISTINCT stream FROM (SELECT stream FROM journal UNION ALL SELECT stream FROM place) s
WHERE NOT EXISTS (SELECT FROM worker WHERE id = s.stream AND NOT fenced)

-- name: streams_to_adopt
-- Streams that nobody reads: their workers are dead, or read no stores.
SELECT id FROM worker w WHERE id <> $1 AND (fenced OR NOT reads)
AND EXISTS (SELECT FROM journal WHERE stream = w.id AND seq > $2) ORDER BY id FOR UPDATE SKIP LOCKED

-- name: lock_dead
SELECT id FROM worker WHERE fenced ORDER BY id FOR UPDATE

-- name: first_in_streams
SELECT min(seq) FROM journal WHERE stream = ANY($1) AND seq > $2

-- name: adopt
UPDATE journal SET stream = $1 WHERE stream = ANY($2) AND seq > $3

-- name: adopt_at_the_end
WITH moved AS MATERIALIZED (
    SELECT seq, nextval('journal_seq') AS place FROM (
        SELECT seq FROM journal WHERE stream = ANY($2) AND seq > $3 ORDER BY seq
    ) j
)
UPDATE journal SET stream = $1, seq = moved.place FROM moved WHERE journal.seq = moved.seq

-- name: last_in_stream
-- The last place that was given out in a stream, or that a store has reached in it.
SELECT greatest(0, (SELECT max(seq) FROM journal WHERE stream = $1), (SELECT max(seq) FROM place WHERE stream = $1))

-- name: reads
UPDATE worker SET reads = true WHERE id = $1

-- name: places
-- How far each store has come anywhere, and what it would take next in these streams. Places are given out to all
-- streams in one order, so a new stream begins behind everything that a store has.
SELECT s.id, s.begin, (SELECT max(seq) FROM place WHERE store = s.id) AS furthest,
    (SELECT min(j.seq) FROM journal j LEFT JOIN place p ON p.store = s.id AND p.stream = j.stream
        WHERE j.stream = ANY($1) AND j.seq > coalesce(p.seq, s.begin)) AS next
FROM store s

-- name: all_places
-- The same for all streams together.
SELECT s.id, s.begin, (SELECT max(seq) FROM place WHERE store = s.id) AS furthest,
    (SELECT min(j.seq) FROM journal j LEFT JOIN place p ON p.store = s.id AND p.stream = j.stream
        WHERE j.seq > coalesce(p.seq, s.begin)) AS next
FROM store s

-- name: place
SELECT coalesce(p.seq, s.begin) FROM store s LEFT JOIN place p ON p.store = s.id AND p.stream = $2 WHERE s.id = $1

-- name: begin_places
-- A new stream begins behind everything that the stores have.
INSERT INTO place (store, stream, seq)
SELECT id, $1, greatest(begin, (SELECT max(seq) FROM place WHERE store = s.id)) FROM store s

-- name: drop_places
DELETE FROM place WHERE stream = ANY($1)

-- name: save_places
INSERT INTO place (store, stream, seq) SELECT $1, stream, $3 FROM unnest($2::bigint[]) stream ORDER BY stream
ON CONFLICT (store, stream) DO UPDATE SET seq = excluded.seq

-- name: advanced
-- Records that a store passes.
SELECT coalesce(sum(j.n), 0) FROM store s JOIN journal j ON j.stream = ANY($2) AND j.seq <= $3
LEFT JOIN place p ON p.store = s.id AND p.stream = j.stream
WHERE s.id = $1 AND j.seq > coalesce(p.seq, s.begin)

-- name: trim
-- Drop what every store has.
DELETE FROM journal j WHERE stream = ANY($1) AND seq <= $2 AND NOT EXISTS (
    SELECT FROM store s LEFT JOIN place p ON p.store = s.id AND p.stream = j.stream WHERE j.seq > coalesce(p.seq, s.begin)
) RETURNING seq, octet_length(lines) AS size

-- name: stores
SELECT id, names FROM store ORDER BY id

-- name: beside
-- The first other worker that has registered stores, and may still write to them.
SELECT name FROM worker WHERE reads AND NOT fenced AND NOT over AND id <> $1 ORDER BY id LIMIT 1

-- name: store_add
INSERT INTO store (id, names, begin) VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET names = excluded.names

-- name: store_remove
DELETE FROM store WHERE id = ANY($1)

-- name: remove_places
DELETE FROM place WHERE store = ANY($1)

-- name: journal_bytes
SELECT coalesce(sum(octet_length(lines)), 0) FROM journal WHERE $1::bigint IS NULL OR stream = $1

-- name: lags
-- In one stream, or in all.
SELECT s.names, (SELECT coalesce(sum(j.n), 0) FROM journal j
    LEFT JOIN place p ON p.store = s.id AND p.stream = j.stream
    WHERE ($1::bigint IS NULL OR j.stream = $1) AND j.seq > coalesce(p.seq, s.begin)) AS lag FROM store s

-- name: behind
-- Whether any store has yet to take something: a batch of withdrawals counts no records.
SELECT EXISTS (SELECT FROM store s CROSS JOIN journal j LEFT JOIN place p ON p.store = s.id AND p.stream = j.stream
    WHERE j.seq > coalesce(p.seq, s.begin))

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

-- name: drop_journal
-- Records of generations before: the new one is made without them.
DELETE FROM journal WHERE seq <= $1

-- name: remember_earlier
-- What it was redirected to ended as it did, if somebody else asks for that.
WITH ended AS (
    SELECT id, fp, state, reason, detail, url, hops, stored, attempts FROM url
    WHERE (state IN ({FAILED}, {SKIPPED}) AND reason NOT IN ('not kept', 'damaged'))
    OR (state = {DONE} AND (kind = 'blob' OR reason <> 'left out'))
)
INSERT INTO earlier (fp, state, reason, detail, url, hops, stored, attempts)
SELECT fp, state, reason, detail, url, hops, stored, attempts FROM ended
UNION ALL
SELECT a.fp, e.state, e.reason, e.detail, e.url, NULL, e.stored, e.attempts
FROM url a JOIN ended e ON e.id = a.parent WHERE a.state = {ALIAS}
ON CONFLICT (fp) DO UPDATE SET state = excluded.state, reason = excluded.reason, detail = excluded.detail,
    url = excluded.url, hops = excluded.hops, stored = excluded.stored, attempts = excluded.attempts

-- name: earlier
SELECT state, reason, detail, url, hops, stored, attempts FROM earlier WHERE fp = $1

-- name: not_kept
-- Requests that were passed over because no answer from them could be read.
SELECT id, kind, reason, coalesce(hops::json ->> 0, url) AS asked, source FROM url
WHERE state = {SKIPPED} AND reason IN ('not kept', 'damaged') ORDER BY id

-- name: failures
SELECT coalesce(u.hops::json ->> 0, u.url) AS url, u.kind, u.reason, u.detail, u.attempts, p.url AS parent
FROM url u LEFT JOIN url p ON p.id = u.parent WHERE u.state = {FAILED} ORDER BY u.id

-- name: failed
SELECT id, kind, coalesce(hops::json ->> 0, url) AS asked, source FROM url WHERE state = {FAILED} ORDER BY id

-- name: requeue
UPDATE url SET state = {PENDING}, due = 0, attempts = 0, hops = NULL, url = n.url, host = n.host, reason = NULL,
    detail = NULL
FROM unnest($1::bigint[], $2::text[], $3::bigint[]) n (id, url, host) WHERE url.id = n.id

-- name: source_of
-- The source of a copy.
SELECT s.state FROM url u JOIN url s ON s.id = u.source WHERE u.id = $1

-- name: requeue_copy
UPDATE url SET state = $2, attempts = 0, reason = NULL, detail = NULL WHERE id = $1

-- name: of_kind
-- Every request of a kind, by the URL first asked for; the targets of redirects are not requests.
SELECT coalesce(hops::json ->> 0, url) AS url, kind, note, state
FROM url WHERE kind = $1 AND state <> {ALIAS} ORDER BY id

-- name: leave_links
-- Note URLs that are not followed, unless they are in the queue; of each reason only so many as there is room for.
WITH new AS (
    SELECT DISTINCT ON (n.id) n.* FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::bytea[])
        WITH ORDINALITY n (id, url, reason, parent, fp, place)
    WHERE NOT EXISTS (SELECT FROM url WHERE fp = n.fp) AND NOT EXISTS (SELECT FROM skipped WHERE id = n.id)
    ORDER BY n.id, n.place
), ranked AS (
    SELECT new.*, row_number() OVER (PARTITION BY reason ORDER BY place) AS rank FROM new
), added AS (
    INSERT INTO skipped (id, url, reason, parent)
    SELECT id, url, reason, parent FROM ranked JOIN unnest($6::text[], $7::bigint[]) r (reason, room) USING (reason)
    WHERE rank <= room ORDER BY id ON CONFLICT (id) DO NOTHING RETURNING reason
) SELECT reason, count(*) AS n FROM added GROUP BY reason

-- name: follow_after_all
-- Other pages offer these URLs so that they are followed.
WITH gone AS (DELETE FROM skipped WHERE id = ANY($1) RETURNING reason)
SELECT reason, count(*) AS n FROM gone GROUP BY reason

-- name: links_left
SELECT s.url, s.reason, p.url AS parent FROM skipped s LEFT JOIN url p ON p.id = s.parent ORDER BY s.url COLLATE "C"

-- name: requests_skipped
SELECT coalesce(u.hops::json ->> 0, u.url) AS url, u.reason, u.detail, p.url AS parent
FROM url u LEFT JOIN url p ON p.id = u.parent WHERE u.state = {SKIPPED} ORDER BY u.id

-- name: pages_read
-- Pages by the URL that their parser saw; one that was redirected to a known page was not read.
SELECT u.url, p.url AS parent FROM url u LEFT JOIN url p ON p.id = u.parent
WHERE u.kind = 'page' AND u.state = {DONE} AND u.reason IS NULL ORDER BY u.id

-- name: empty
-- A new generation begins.
TRUNCATE url, tally, flaw, skipped, bundle, candidate, finding

-- name: bundle_last
SELECT coalesce(max(number), 0) FROM bundle

-- name: bundle_closed
-- Bundles are closed in order, so all up to this one are closed, or have been.
SELECT coalesce(max(number), 0) FROM bundle WHERE step >= 2

-- name: bundle_add
INSERT INTO bundle (number, name, step, key, score, after, link) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT DO NOTHING

-- name: bundle_step
UPDATE bundle SET step = $2, holder = NULL WHERE number = $1

-- name: bundles_chosen
SELECT number, link FROM bundle WHERE step = 0 AND number <= $1 ORDER BY number

-- name: bundle_ended
-- The next bundle to close: one that was opened again, or the first that is open.
SELECT number, holder FROM (
    SELECT number, holder FROM bundle WHERE step = 3
    UNION ALL (SELECT number, holder FROM bundle WHERE step = 1 ORDER BY number LIMIT 1)
) b
WHERE NOT EXISTS (SELECT FROM url WHERE bundle = b.number AND state IN ({PENDING}, {LEASED}))
ORDER BY number LIMIT 1

-- name: bundle_hold
UPDATE bundle SET holder = $2 WHERE number = $1

-- name: bundle_held
SELECT holder = $2 FROM bundle WHERE number = $1

-- name: bundle
SELECT b.number, b.name, b.step, b.key, b.score, b.after,
    (SELECT coalesce(hops::json ->> 0, url) FROM url WHERE bundle = b.number ORDER BY id LIMIT 1) AS url
FROM bundle b WHERE number = $1

-- name: bundle_failures
SELECT kind, reason FROM url WHERE bundle = $1 AND state IN ({FAILED}, {SKIPPED}) ORDER BY id

-- name: bundle_reopen
UPDATE bundle SET step = 3 WHERE step = 2 AND number IN (SELECT bundle FROM url WHERE id = ANY($1))

-- name: finding_add
INSERT INTO finding (id, bundle, kind, data, url, fetched_at)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::bytea[], $5::text[], $6::text[])
ON CONFLICT (id) DO UPDATE SET bundle = excluded.bundle, kind = excluded.kind, data = excluded.data,
    url = excluded.url, fetched_at = excluded.fetched_at

-- name: findings
SELECT kind, data, url, fetched_at FROM finding WHERE bundle = $1 ORDER BY id

-- name: findings_drop
DELETE FROM finding WHERE bundle = $1

-- name: candidates
SELECT key, name, score, link, told, taken FROM candidate WHERE key = ANY($1)

-- name: candidate_best
SELECT key, name, score, link FROM candidate c
WHERE taken IS NULL AND name <> '' AND NOT EXISTS (SELECT FROM bundle b WHERE b.name = c.name)
ORDER BY score DESC, name, key LIMIT 1

-- name: candidate_save
INSERT INTO candidate (key, name, score, link, told)
SELECT * FROM unnest($1::text[], $2::text[], $3::float8[], $4::text[], $5::bytea[])
ON CONFLICT (key) DO UPDATE SET name = excluded.name, score = excluded.score, link = excluded.link, told = excluded.told

-- name: candidates_after
SELECT key, score, told FROM candidate WHERE key > $1 ORDER BY key LIMIT $2

-- name: candidate_score
UPDATE candidate SET score = n.score FROM unnest($1::text[], $2::float8[]) n (key, score) WHERE candidate.key = n.key

-- name: candidate_taken
UPDATE candidate SET taken = $1 WHERE key = $2

-- name: bundle_progress
SELECT count(*) FILTER (WHERE step >= 2) AS done, count(*) FILTER (WHERE step = 1) AS open,
    (SELECT count(*) FROM candidate) AS met
FROM bundle

-- name: bundles_next
-- Those that are chosen and not open, and then the best candidates.
(SELECT name, score, after FROM bundle WHERE step = 0 ORDER BY number LIMIT $1)
UNION ALL
(SELECT name, score, NULL FROM candidate c
    WHERE taken IS NULL AND name <> '' AND NOT EXISTS (SELECT FROM bundle b WHERE b.name = c.name)
    ORDER BY score DESC, name, key LIMIT $1)
LIMIT $1

-- name: arrived_worker
-- All runs that a job had before it moved here, as one worker that is dead.
INSERT INTO worker (id, beat, commits, reads, fenced)
VALUES (nextval('worker_id'), clock_timestamp(), 0, true, true) RETURNING id

-- name: arrived_leases
UPDATE url SET holder = $1 WHERE state = {LEASED}

-- name: arrived_urls
SELECT setval('url_id', coalesce(max(id), 1), max(id) IS NOT NULL) FROM url

-- name: arrived_hosts
SELECT setval('host_id', coalesce(max(id), 1), max(id) IS NOT NULL) FROM host

-- name: arrived_journal
SELECT setval('journal_seq', greatest($1::bigint, 1), $1 > 0)

-- name: experience
SELECT rule AS "key", host, by_http, helped, in_vain, vain_before, needed_before FROM experience
ORDER BY rule COLLATE "C", host COLLATE "C"

-- name: learn
INSERT INTO experience (rule, host, by_http, helped, in_vain)
SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::int[], $5::int[]) e (rule, host, by_http, helped, in_vain)
ORDER BY rule, host
ON CONFLICT (rule, host) DO UPDATE SET by_http = experience.by_http + excluded.by_http,
    helped = experience.helped + excluded.helped, in_vain = experience.in_vain + excluded.in_vain

-- name: learned_so_far
-- A new generation begins: see `Experience.in_next_generation`.
UPDATE experience SET
    vain_before = CASE WHEN helped > 0 THEN 0 ELSE vain_before + in_vain END,
    needed_before = CASE WHEN by_http > 0 OR in_vain > 0 THEN 0 ELSE needed_before + helped END,
    by_http = 0, helped = 0, in_vain = 0
