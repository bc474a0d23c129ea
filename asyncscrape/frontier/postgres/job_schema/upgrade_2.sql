-- Layout 2: workers beside one another. Those of layout 1 were alone.
ALTER TABLE worker
    ADD COLUMN name      text    NOT NULL DEFAULT '',
    ADD COLUMN alone     boolean NOT NULL DEFAULT true,
    ADD COLUMN joined    timestamptz NOT NULL DEFAULT clock_timestamp(),
    ADD COLUMN expected  integer NOT NULL DEFAULT 1,
    ADD COLUMN most      integer,
    ADD COLUMN among     integer NOT NULL DEFAULT 0,
    ADD COLUMN placed    boolean NOT NULL DEFAULT false,
    ADD COLUMN concluded boolean NOT NULL DEFAULT false,
    ADD COLUMN over      boolean NOT NULL DEFAULT false,
    ADD COLUMN look      text;
ALTER TABLE host ADD COLUMN wished bigint, ADD COLUMN wished_until timestamptz;
CREATE INDEX host_open ON host (id) WHERE open;
CREATE INDEX host_wished ON host (wished) WHERE wished IS NOT NULL;
CREATE TABLE path_turn (
    path   text PRIMARY KEY,
    worker bigint NOT NULL,
    until  timestamptz NOT NULL
);
