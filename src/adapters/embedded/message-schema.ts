/** The tables of the message log. */
export const messageSchema = `
  CREATE TABLE IF NOT EXISTS topics (
    id           INTEGER PRIMARY KEY,
    name         TEXT NOT NULL UNIQUE,
    partitions   INTEGER NOT NULL,
    retention_ms INTEGER
  );
  -- The offsets of the oldest message kept and of the next one: message_batches forgets them.
  CREATE TABLE IF NOT EXISTS topic_partitions (
    topic     INTEGER NOT NULL,
    partition INTEGER NOT NULL,
    first     INTEGER NOT NULL,
    next      INTEGER NOT NULL,
    PRIMARY KEY (topic, partition)
  ) WITHOUT ROWID;
  -- Neighbours of a partition, from the offset base on; newest is the latest of their timestamps.
  CREATE TABLE IF NOT EXISTS message_batches (
    topic     INTEGER NOT NULL,
    partition INTEGER NOT NULL,
    base      INTEGER NOT NULL,
    count     INTEGER NOT NULL,
    newest    INTEGER NOT NULL,
    data      BLOB NOT NULL,
    PRIMARY KEY (topic, partition, base)
  ) WITHOUT ROWID;
  -- Counts the commits that somebody may be waiting for.
  CREATE TABLE IF NOT EXISTS message_news (
    kind  TEXT PRIMARY KEY,
    count INTEGER NOT NULL
  ) WITHOUT ROWID;
  INSERT OR IGNORE INTO message_news VALUES ('published', 0), ('regrouped', 0);
  -- The epoch is that of the newest producer of the slot: those before it are fenced.
  CREATE TABLE IF NOT EXISTS message_producers (
    slot       TEXT PRIMARY KEY,
    epoch      INTEGER NOT NULL,
    checkpoint TEXT
  ) WITHOUT ROWID;
  -- generation grows whenever a member of the group has to look again what is its own.
  CREATE TABLE IF NOT EXISTS consumer_groups (
    name       TEXT PRIMARY KEY,
    generation INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS consumer_members (
    consumer_group TEXT NOT NULL,
    id             TEXT NOT NULL,
    expires_at     INTEGER NOT NULL,
    PRIMARY KEY (consumer_group, id)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS consumer_topics (
    consumer_group TEXT NOT NULL,
    member         TEXT NOT NULL,
    topic          INTEGER NOT NULL,
    PRIMARY KEY (consumer_group, member, topic)
  ) WITHOUT ROWID;
  -- The owner deals with the partition, target is who shall have it: they differ until the owner has let go.
  CREATE TABLE IF NOT EXISTS consumer_partitions (
    consumer_group TEXT NOT NULL,
    topic          INTEGER NOT NULL,
    partition      INTEGER NOT NULL,
    committed      INTEGER,
    owner          TEXT,
    target         TEXT,
    PRIMARY KEY (consumer_group, topic, partition)
  ) WITHOUT ROWID;
`;
