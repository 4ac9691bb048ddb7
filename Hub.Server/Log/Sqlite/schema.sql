-- The embedded store, version 2 (kept in PRAGMA user_version; a store with a higher one is refused).
-- One process owns the file (realtime.lock beside it). One connection writes; readers see committed data.
--
--   table          content                                                    kept for
--   topics         a short number for each topic's text; its last position    permanently (numbers must never start again)
--                  once nothing of it is retained
--   entries        notifications, in the order in which they arrived          Hub:Retention:Age, Hub:Retention:Count
--   entries_by_topic   the place of each entry in its topic                   as long as the entry
--   indexed        the last entry in entries_by_topic                         permanently
--   keys           idempotency keys and their results                         24 hours
--   clock          created by StoreClock: when entries were stored, where stamps do not tell   as long as the entries
--   revoked        created by RevokedTable: users whose tokens are refused    30 days, or as long as they are blocked
--   ended_sessions   created by EndedSessionTable: browser sessions that were ended              until their cookie expires
--   acknowledged   per user: the acknowledged positions                       permanently
--
-- Stamps and times are Unix milliseconds. Blobs of numbers are 64-bit little-endian. Writers of a later version
-- may add columns with defaults; they never change the meaning of an existing column.

CREATE TABLE topics (
    id            INTEGER PRIMARY KEY,
    name          TEXT    NOT NULL UNIQUE,       -- 'user:…', 'group:…' or 'all'
    -- The last entry that retention removed, written when it removed the topic's last one. While the topic has entries,
    -- the entries give the head, so an append touches no page just to count.
    head_sequence INTEGER NOT NULL DEFAULT 0,
    head_stamp    INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE entries (
    id             INTEGER PRIMARY KEY,          -- arrival order: appends fill the last page, expiry empties the first
    topic          INTEGER NOT NULL,             -- topics.id
    sequence       INTEGER NOT NULL,             -- 1, 2, 3 … per topic; what is retained has no holes
    stamp          INTEGER NOT NULL,             -- never smaller than previous_stamp
    previous_stamp INTEGER NOT NULL,             -- the stamp of sequence − 1, even if that is removed; 0 for the first
    body           BLOB    NOT NULL              -- JSON from "id" to the closing brace
);

-- The index of entries, maintained by the writer because it lags behind the entries. Appends hit topics at random and would each write a
-- page of it; thousands that are indexed together, sorted, share pages. The process holds in memory what is not indexed yet.
CREATE TABLE entries_by_topic (
    topic          INTEGER NOT NULL,
    sequence       INTEGER NOT NULL,
    entry          INTEGER NOT NULL,             -- entries.id
    PRIMARY KEY (topic, sequence)
) WITHOUT ROWID;

CREATE TABLE indexed (
    up_to          INTEGER NOT NULL              -- the one row: every entry up to this id is in entries_by_topic
);
INSERT INTO indexed (up_to) VALUES (0);

CREATE TABLE keys (
    id           INTEGER PRIMARY KEY,            -- arrival order, which is the order of expiry
    hash         INTEGER NOT NULL,               -- the first 64 bits of SHA-256(name): small and evenly spread
    name         BLOB    NOT NULL,               -- publisher, a zero byte, key
    stored_at    INTEGER NOT NULL,
    fingerprint  BLOB    NOT NULL,               -- SHA-256 of the request
    notification TEXT    NOT NULL,               -- the id that the first publish was given
    sequences    BLOB    NOT NULL                -- (topics.id, sequence) for each topic of the first publish
);
CREATE INDEX keys_by_hash ON keys (hash);

CREATE TABLE acknowledged (
    user      TEXT PRIMARY KEY,
    positions BLOB NOT NULL                      -- (topics.id, sequence, stamp) for each topic
);
