-- name: lock
-- One process at a time changes the tables of a schema; released when the transaction ends.
SELECT pg_advisory_xact_lock(hashtextextended('asyncscrape:' || $1, 0))

-- name: write_together
-- Writers that write rows in the order of their keys never deadlock.
SELECT pg_advisory_xact_lock_shared(hashtextextended('asyncscrape writes:' || $1, 0))

-- name: write_alone
-- A writer that cannot keep to that order, that withdraws keys, or whose tables are swept, gets the schema to itself.
SELECT pg_advisory_xact_lock(hashtextextended('asyncscrape writes:' || $1, 0))

-- name: has_schema
SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)

-- name: search_path
-- Holds until the transaction ends.
SELECT set_config('search_path', $1, true)

-- name: durable
-- The journal drops what we have stored, so a commit must be safe on the disk.
SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'

-- name: has_migrations
SELECT EXISTS (
    SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relname = '_asyncscrape_migrations'
)

-- name: make_migrations
CREATE TABLE {schema}."_asyncscrape_migrations" (
    number integer PRIMARY KEY,
    name text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)

-- name: migrations
SELECT number FROM {schema}."_asyncscrape_migrations"

-- name: migrated
INSERT INTO {schema}."_asyncscrape_migrations" (number, name) VALUES ($1, $2)

-- name: columns
-- Everything that has the name of one of our tables.
SELECT c.relname::text AS "table", c.relkind::text AS kind, a.attname::text AS "column", t.typname::text AS type,
    format_type(a.atttypid, a.atttypmod) AS spelled,
    coalesce(a.attnotnull AND NOT a.atthasdef AND a.attidentity = '', false) AS needed
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_type t ON t.oid = a.atttypid
WHERE n.nspname = $1 AND c.relname = ANY($2::text[])
ORDER BY a.attnum

-- name: keys
-- The columns of every plain unique index, which tell rows from one another.
SELECT c.relname::text AS "table", ARRAY(
    SELECT a.attname::text FROM unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]) WITH ORDINALITY AS k (attnum, place)
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum ORDER BY k.place
) AS columns
FROM pg_index i
JOIN pg_class c ON c.oid = i.indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relname = ANY($2::text[])
    AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL
ORDER BY i.indisprimary DESC

-- name: remembered
SELECT table_name, column_name FROM {schema}."_asyncscrape_column" WHERE table_name = ANY($1::text[])

-- name: remember
INSERT INTO {schema}."_asyncscrape_column" (table_name, column_name) VALUES ($1, $2) ON CONFLICT DO NOTHING

-- name: note_tables
UPDATE {schema}."_asyncscrape_cursor" SET tables = $2 WHERE job = $1

-- name: move_cursor
-- Updates nothing if another process has moved the cursor in the meantime; where others may, $2 is null.
UPDATE {schema}."_asyncscrape_cursor" SET seq = GREATEST(seq, $3), writes = writes + 1, moved_at = now(),
    begun_at = CASE WHEN begun_at IS NOT NULL THEN LEAST(begun_at, $4::timestamptz) END
WHERE job = $1 AND ($2::bigint IS NULL OR seq = $2)

-- name: server
SELECT current_setting('server_version') AS version, pg_is_in_recovery() AS standby,
    current_setting('default_transaction_read_only') = 'on' AS read_only

-- name: rights
-- Our rights: to create scratch tables, schemas, and tables in this schema.
SELECT has_database_privilege(current_database(), 'TEMP') AS scratch,
    has_database_privilege(current_database(), 'CREATE') AS schemas,
    coalesce((SELECT has_schema_privilege(oid, 'CREATE') AND has_schema_privilege(oid, 'USAGE')
        FROM pg_namespace WHERE nspname = $1), false) AS tables

-- name: table_rights
SELECT c.relname::text AS "table", pg_has_role(c.relowner, 'USAGE') AS owner,
    has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')
        AND has_table_privilege(c.oid, 'UPDATE') AS writable
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relname = ANY($2::text[])

-- name: tables_with_withdrawals
-- Whether keys of these tables are withdrawn, and by which columns they are swept.
SELECT name, EXISTS (SELECT FROM {schema}."_asyncscrape_withdrawn" WHERE table_name = name) AS withdrawn,
    (
        SELECT jsonb_agg(DISTINCT to_jsonb(ARRAY(SELECT jsonb_object_keys(named))))::text
        FROM {schema}."_asyncscrape_sweep" WHERE table_name = name
    ) AS swept_by
FROM unnest($1::text[]) AS name

-- name: withdrawn
SELECT key, "_url", "_fetched_at" FROM {schema}."_asyncscrape_withdrawn" WHERE table_name = $1 AND key = ANY($2::text[])

-- name: withdraw
-- Of two withdrawals of a key, the newer one stands; {stands} compares them.
INSERT INTO {schema}."_asyncscrape_withdrawn" AS kept (table_name, key, "_url", "_fetched_at")
SELECT $1, key, url, fetched_at FROM unnest($2::text[], $3::text[], $4::timestamptz[]) AS gone (key, url, fetched_at)
ON CONFLICT (table_name, key) DO UPDATE SET "_url" = excluded."_url", "_fetched_at" = excluded."_fetched_at"
WHERE {stands}

-- name: name_job
UPDATE {schema}."_asyncscrape_cursor" SET job_name = $2 WHERE job = $1 AND $2 NOT IN ('', job_name)

-- name: note_beside
UPDATE {schema}."_asyncscrape_cursor" SET beside = $2 WHERE job = $1

-- name: note_more_tables
UPDATE {schema}."_asyncscrape_cursor"
SET tables = ARRAY(SELECT unnest(tables) UNION SELECT unnest($2::text[]) ORDER BY 1) WHERE job = $1

-- name: forget_withdrawals
DELETE FROM {schema}."_asyncscrape_withdrawn" WHERE table_name = ANY($1::text[])

-- name: forget_sweeps
DELETE FROM {schema}."_asyncscrape_sweep" WHERE table_name = ANY($1::text[])

-- name: forget_swept
DELETE FROM {schema}."_asyncscrape_swept" WHERE table_name = ANY($1::text[])

-- name: forget_columns
DELETE FROM {schema}."_asyncscrape_column" WHERE table_name = ANY($1::text[])

-- name: take_withdrawals
UPDATE {schema}."_asyncscrape_withdrawn" SET table_name = $1 WHERE table_name = $2

-- name: take_sweeps
UPDATE {schema}."_asyncscrape_sweep" SET table_name = $1 WHERE table_name = $2

-- name: take_swept
UPDATE {schema}."_asyncscrape_swept" SET table_name = $1 WHERE table_name = $2

-- name: take_columns
INSERT INTO {schema}."_asyncscrape_column" (table_name, column_name)
SELECT $1, column_name FROM {schema}."_asyncscrape_column" WHERE table_name = $2 ON CONFLICT DO NOTHING

-- name: note_switch
-- Updates nothing if another process has written or switched in the meantime; where others may write, $2 is null.
UPDATE {schema}."_asyncscrape_cursor" SET generation = $3, beside = NULL, tables = $4, moved_at = now()
WHERE job = $1 AND ($2::bigint IS NULL OR seq = $2) AND beside = $3

-- name: forget_tables
UPDATE {schema}."_asyncscrape_cursor"
SET beside = NULL, tables = ARRAY(SELECT unnest(tables) EXCEPT SELECT unnest($2::text[]) ORDER BY 1)
WHERE job = $1

-- name: begin_cursor
INSERT INTO {schema}."_asyncscrape_cursor" AS kept (job, seq, begun_at, streams) VALUES ($1, $2, $3, $4)
ON CONFLICT (job) DO UPDATE SET seq = GREATEST(kept.seq, excluded.seq), streams = kept.streams OR excluded.streams

-- name: be_at_work
-- Held until the connection ends; several processes may hold it.
SELECT pg_advisory_lock_shared(hashtextextended('asyncscrape job:' || $1 || ' ' || $2, 0))

-- name: writers
-- The rows of all jobs, with the columns that they have in this version of the tables.
WITH held AS MATERIALIZED (
    SELECT ((classid::bigint << 32) | objid::bigint) AS key FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 1 AND granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
)
SELECT ((to_jsonb(c) - 'facts'::text) || jsonb_build_object(
    'at_work', hashtextextended('asyncscrape job:' || $1 || ' ' || c.job, 0) IN (SELECT key FROM held)
))::text AS row
FROM {schema}."_asyncscrape_cursor" AS c ORDER BY c.job

-- name: cursor
SELECT seq, streams FROM {schema}."_asyncscrape_cursor" WHERE job = $1

-- name: standing
SELECT generation, beside FROM {schema}."_asyncscrape_cursor" WHERE job = $1

-- name: among_others
-- Nobody waits long for the locks of a worker that is frozen or cut off in the middle of a transaction.
SELECT set_config('idle_in_transaction_session_timeout', '15s', false), set_config('tcp_keepalives_idle', '10', false),
    set_config('tcp_keepalives_interval', '5', false), set_config('tcp_keepalives_count', '3', false)

-- name: written_to
SELECT tables FROM {schema}."_asyncscrape_cursor" WHERE job = $1 AND seq > 0

-- name: known_facts
SELECT facts FROM {schema}."_asyncscrape_cursor" WHERE job = $1

-- name: note_facts
-- Only if no process has written in the meantime.
UPDATE {schema}."_asyncscrape_cursor" SET facts = $3 WHERE job = $1 AND writes = $2
