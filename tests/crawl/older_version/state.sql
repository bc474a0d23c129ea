BEGIN TRANSACTION;
CREATE TABLE content (
    path   TEXT PRIMARY KEY,
    sha256 TEXT NOT NULL,
    line   TEXT NOT NULL                  -- its row of the table `blobs`, as JSON
) WITHOUT ROWID;
INSERT INTO "content" VALUES('pics/d99da4a708e3f5ca.png','2a37eebff1a46ae7475ebd52d9828a0cf8d4fb334909a4d2b6eab4be8f2ba8d6','{"url":"http://graph.test/b/0.png","path":"pics/d99da4a708e3f5ca.png","sha256":"2a37eebff1a46ae7475ebd52d9828a0cf8d4fb334909a4d2b6eab4be8f2ba8d6","bytes":4662,"content_type":"image/png","width":null,"height":null,"etag":null,"_url":"http://graph.test/b/0.png","_fetched_at":"2026-11-26T18:43:55.805Z"}
');
CREATE TABLE host (
    id    INTEGER PRIMARY KEY,
    name  TEXT NOT NULL UNIQUE,
    clock BLOB
);
INSERT INTO "host" VALUES(1,'graph.test',CAST('{"last":1795718636.0221756,"crawl_delay":0.0,"answered":true}' AS BLOB));
CREATE TABLE journal (
    seq   INTEGER PRIMARY KEY AUTOINCREMENT,
    name  TEXT    NOT NULL,               -- record table
    n     INTEGER NOT NULL,
    lines BLOB    NOT NULL
);
INSERT INTO "journal" VALUES(9,'item',5,CAST('{"url":"http://graph.test/j/0.json","id":0,"name":"item 0/0","value":0.0,"_url":"http://graph.test/j/0.json","_fetched_at":"2026-11-26T18:43:55.703Z"}
{"url":"http://graph.test/j/0.json","id":1,"name":"item 0/1","value":0.25}
{"url":"http://graph.test/j/0.json","id":2,"name":"item 0/2","value":0.5}
{"url":"http://graph.test/j/0.json","id":3,"name":"item 0/3","value":0.75}
{"url":"http://graph.test/j/0.json","id":4,"name":"item 0/4","value":1.0}
' AS BLOB));
INSERT INTO "journal" VALUES(10,'blobs',1,CAST('{"url":"http://graph.test/b/0.png","path":"pics/d99da4a708e3f5ca.png","sha256":"2a37eebff1a46ae7475ebd52d9828a0cf8d4fb334909a4d2b6eab4be8f2ba8d6","bytes":4662,"content_type":"image/png","width":null,"height":null,"etag":null,"_url":"http://graph.test/b/0.png","_fetched_at":"2026-11-26T18:43:55.805Z"}
' AS BLOB));
INSERT INTO "journal" VALUES(11,'page',1,CAST('{"url":"http://graph.test/p/3.html","number":3,"name":"Page 3 – “ä”","links":["page 7","page 8","page 3","page 9","page 8"],"pic":null,"pic_path":null,"_url":"http://graph.test/p/3.html","_fetched_at":"2026-11-26T18:43:55.913Z"}
' AS BLOB));
INSERT INTO "journal" VALUES(12,'row',10,CAST('{"url":"http://graph.test/p/3.html","n":1,"day":"2026-03-01","value":704.875,"_url":"http://graph.test/p/3.html","_fetched_at":"2026-11-26T18:43:55.913Z"}
{"url":"http://graph.test/p/3.html","n":2,"day":"2026-09-02","value":59.875}
{"url":"http://graph.test/p/3.html","n":3,"day":"2026-10-03","value":434.5}
{"url":"http://graph.test/p/3.html","n":4,"day":"2026-12-04","value":675.5}
{"url":"http://graph.test/p/3.html","n":5,"day":"2026-07-05","value":289.125}
{"url":"http://graph.test/p/3.html","n":6,"day":"2026-10-06","value":143.625}
{"url":"http://graph.test/p/3.html","n":7,"day":"2026-04-07","value":871.125}
{"url":"http://graph.test/p/3.html","n":8,"day":"2026-08-08","value":900.75}
{"url":"http://graph.test/p/3.html","n":9,"day":"2026-06-09","value":983.375}
{"url":"http://graph.test/p/3.html","n":10,"day":"2026-06-10","value":890.625}
' AS BLOB));
INSERT INTO "journal" VALUES(13,'page',1,CAST('{"url":"http://graph.test/p/4.html","number":4,"name":"Page 4 – “,”","links":["page 9","page 10","page 3","page 4","page 1"],"pic":null,"pic_path":null,"_url":"http://graph.test/p/4.html","_fetched_at":"2026-11-26T18:43:56.019Z"}
' AS BLOB));
INSERT INTO "journal" VALUES(14,'row',10,CAST('{"url":"http://graph.test/p/4.html","n":1,"day":"2026-03-01","value":626.375,"_url":"http://graph.test/p/4.html","_fetched_at":"2026-11-26T18:43:56.019Z"}
{"url":"http://graph.test/p/4.html","n":2,"day":"2026-11-02","value":719.75}
{"url":"http://graph.test/p/4.html","n":3,"day":"2026-08-03","value":616.0}
{"url":"http://graph.test/p/4.html","n":4,"day":"2026-05-04","value":705.25}
{"url":"http://graph.test/p/4.html","n":5,"day":"2026-02-05","value":363.875}
{"url":"http://graph.test/p/4.html","n":6,"day":"2026-07-06","value":175.875}
{"url":"http://graph.test/p/4.html","n":7,"day":"2026-08-07","value":895.25}
{"url":"http://graph.test/p/4.html","n":8,"day":"2026-04-08","value":39.75}
{"url":"http://graph.test/p/4.html","n":9,"day":"2026-08-09","value":472.0}
{"url":"http://graph.test/p/4.html","n":10,"day":"2026-04-10","value":519.125}
' AS BLOB));
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO "meta" VALUES('job','15ddcaa9-8860-47f3-b12a-b2c11dc744b8');
INSERT INTO "meta" VALUES('layout','2');
INSERT INTO "meta" VALUES('look','{"state":"running","open":{},"hosts":[],"note":"","seconds":0.032,"pages_per_second":0.0,"bytes_per_second":0,"troubles":{}}');
INSERT INTO "meta" VALUES('tables','[{"name":"page","key":["url"],"columns":[{"name":"url","type":"str"},{"name":"number","type":"int"},{"name":"name","type":"str"},{"name":"links","type":"json"},{"name":"pic","type":"str"},{"name":"pic_path","type":"str"}],"strict":false},{"name":"row","key":["url","n"],"columns":[{"name":"url","type":"str"},{"name":"n","type":"int"},{"name":"day","type":"date"},{"name":"value","type":"float"}],"strict":false},{"name":"item","key":["url","id"],"columns":[{"name":"url","type":"str"},{"name":"id","type":"int"},{"name":"name","type":"str"},{"name":"value","type":"float"}],"strict":false},{"name":"retried","key":["url"],"columns":[{"name":"url","type":"str"}],"strict":false},{"name":"blobs","key":["url","path"],"columns":[{"name":"url","type":"str"},{"name":"path","type":"str"},{"name":"sha256","type":"str"},{"name":"bytes","type":"int"},{"name":"content_type","type":"str"},{"name":"width","type":"int"},{"name":"height","type":"int"},{"name":"etag","type":"str"}],"strict":false}]');
CREATE TABLE robots (
    origin TEXT PRIMARY KEY,
    data   BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE store (
    id    TEXT PRIMARY KEY,
    names TEXT    NOT NULL,               -- JSON list: the config's names for it
    seq   INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO "store" VALUES('files','["jsonl","csv"]',8);
CREATE TABLE tally (
    name TEXT PRIMARY KEY,
    n    REAL NOT NULL
) WITHOUT ROWID;
INSERT INTO "tally" VALUES('blob.done',1.0);
INSERT INTO "tally" VALUES('blob.leased',1.0);
INSERT INTO "tally" VALUES('blob.pending',0.0);
INSERT INTO "tally" VALUES('bytes',13671.0);
INSERT INTO "tally" VALUES('page.done',7.0);
INSERT INTO "tally" VALUES('page.leased',4.0);
INSERT INTO "tally" VALUES('page.pending',1.0);
INSERT INTO "tally" VALUES('record.blobs',1.0);
INSERT INTO "tally" VALUES('record.item',5.0);
INSERT INTO "tally" VALUES('record.page',6.0);
INSERT INTO "tally" VALUES('record.row',60.0);
INSERT INTO "tally" VALUES('requests',8.0);
CREATE TABLE url (
    id       INTEGER PRIMARY KEY,
    fp       BLOB    NOT NULL,            -- 128-bit fingerprint of kind, URL and note; for copies also of the path
    url      TEXT    NOT NULL,            -- the URL to ask; after a redirect, its target
    kind     TEXT    NOT NULL,
    host     INTEGER NOT NULL,
    depth    INTEGER NOT NULL,
    parent   INTEGER NOT NULL,            -- row of the page that offered it; 0 for seeds
    path     TEXT    NOT NULL,            -- for blobs: path in the blob store
    state    INTEGER NOT NULL DEFAULT 0,
    due      REAL    NOT NULL DEFAULT 0,  -- unix time of the next try; 0 for one never tried
    attempts INTEGER NOT NULL DEFAULT 0,
    hops     TEXT,                        -- JSON list of the URLs that redirected here
    reason   TEXT,
    detail   TEXT,
    source   INTEGER,                     -- for copies: row of the download, or of another copy, that brings the bytes
    stored   TEXT,                        -- for blobs: path where the bytes are stored
    note     TEXT NOT NULL DEFAULT ''     -- for a job's own kinds: what the parser needs to know
);
INSERT INTO "url" VALUES(1,X'60C2AC8B90BF3C62BA069EEDDF105A1C','http://graph.test/p/0.html','page',1,0,0,'',2,0.0,0,NULL,NULL,NULL,NULL,NULL,'');
INSERT INTO "url" VALUES(2,X'DFC4560AF6294DA0CFFE84D17B828097','http://graph.test/p/1.html','page',1,1,1,'',2,0.0,0,NULL,NULL,NULL,NULL,NULL,'');
INSERT INTO "url" VALUES(3,X'7AB263F0B307EFCB67744DEBA222ACCD','http://graph.test/p/2.html','page',1,1,1,'',2,0.0,0,NULL,NULL,NULL,NULL,NULL,'');
INSERT INTO "url" VALUES(4,X'D1F378854D076CCB2F949A6E3F240A5B','http://graph.test/p/6.html','page',1,1,1,'',2,0.0,0,NULL,NULL,NULL,NULL,NULL,'');
INSERT INTO "url" VALUES(5,X'6388AF86CFF6B2FB6D1890362088580F','http://graph.test/j/0.json','page',1,1,1,'',2,0.0,0,NULL,NULL,NULL,NULL,NULL,'');
INSERT INTO "url" VALUES(6,X'1CCA5395CF0D9F5608B193E0A2CF3596','http://graph.test/b/0.png','blob',1,1,1,'pics/d99da4a708e3f5ca.png',2,0.0,0,NULL,NULL,NULL,NULL,'pics/d99da4a708e3f5ca.png','');
INSERT INTO "url" VALUES(7,X'5F4AC9181A0A2EA163F90CD173F4462C','http://graph.test/p/3.html','page',1,2,2,'',2,0.0,0,NULL,NULL,NULL,NULL,NULL,'');
INSERT INTO "url" VALUES(8,X'2CED75721378F224AB0F8D3738D80FC4','http://graph.test/p/4.html','page',1,2,2,'',2,0.0,0,NULL,NULL,NULL,NULL,NULL,'');
INSERT INTO "url" VALUES(9,X'96839E0A61F19B6EF9011F0518D8E668','http://graph.test/p/9.html','page',1,2,2,'',1,0.0,0,NULL,NULL,NULL,NULL,NULL,'');
INSERT INTO "url" VALUES(10,X'0436A1277AF00AA34F5E6E9680C2297C','http://graph.test/p/5.html','page',1,2,3,'',1,0.0,0,NULL,NULL,NULL,NULL,NULL,'');
INSERT INTO "url" VALUES(11,X'879EC4CFA065DEC6C5F1DBA4F3F359E3','http://graph.test/p/7.html','page',1,2,4,'',1,0.0,0,NULL,NULL,NULL,NULL,NULL,'');
INSERT INTO "url" VALUES(12,X'BDB8F8676E51573E3672B4A34379FFCB','http://graph.test/b/1.png','blob',1,2,4,'pics/061154bf84030b1c.png',1,0.0,0,NULL,NULL,NULL,NULL,NULL,'');
INSERT INTO "url" VALUES(13,X'2E3A4B44A2BB622098C491FA7918AD8F','http://graph.test/p/8.html','page',1,3,7,'',1,0.0,0,NULL,NULL,NULL,NULL,NULL,'');
INSERT INTO "url" VALUES(14,X'52ED384D83154B5D9F706CBB14A6D81B','http://graph.test/p/10.html','page',1,3,8,'',0,0.0,0,NULL,NULL,NULL,NULL,NULL,'');
CREATE UNIQUE INDEX url_fingerprint ON url (fp);
CREATE INDEX url_queue  ON url (host, due, id) WHERE state = 0;
CREATE INDEX url_leased ON url (host) WHERE state = 1;
CREATE INDEX url_copies ON url (source) WHERE state = 6;
CREATE INDEX url_ready  ON url (id) WHERE state = 7;
CREATE INDEX content_sha256 ON content (sha256);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('journal',14);
COMMIT;
