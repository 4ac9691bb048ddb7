-- Version 1 kept a B-tree index of the same name on entries (topic, sequence). See schema.sql.

DROP INDEX entries_by_topic;

CREATE TABLE entries_by_topic (
    topic          INTEGER NOT NULL,
    sequence       INTEGER NOT NULL,
    entry          INTEGER NOT NULL,
    PRIMARY KEY (topic, sequence)
) WITHOUT ROWID;

CREATE TABLE indexed (up_to INTEGER NOT NULL);
INSERT INTO indexed (up_to) VALUES (0);          -- the process that opens the store adds what is missing
