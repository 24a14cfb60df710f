/** A message without a key is a queue of its own: NULL equals nothing. */
export const deadLettersSchema = `
  CREATE TABLE IF NOT EXISTS dead_letters (
    seq             INTEGER PRIMARY KEY AUTOINCREMENT,
    id              TEXT NOT NULL UNIQUE,
    consumer_group  TEXT NOT NULL,
    topic           TEXT NOT NULL,
    partition       INTEGER NOT NULL,
    message_offset  INTEGER NOT NULL,
    timestamp       INTEGER NOT NULL,
    key             BLOB,
    value           BLOB,
    headers         TEXT NOT NULL,
    event_id        TEXT NOT NULL,
    event_type      TEXT,
    state           TEXT NOT NULL,
    attempts        INTEGER NOT NULL,
    last_attempts   INTEGER,
    error_class     TEXT,
    cause_class     TEXT,
    error_message   TEXT,
    stack           TEXT,
    fingerprint     TEXT,
    parked_at       INTEGER NOT NULL,
    first_failed_at INTEGER,
    last_failed_at  INTEGER
  );
  CREATE INDEX IF NOT EXISTS dead_letters_by_queue
    ON dead_letters (consumer_group, topic, partition, key, message_offset);
  CREATE INDEX IF NOT EXISTS dead_letters_by_state ON dead_letters (consumer_group, state, seq);
  CREATE TABLE IF NOT EXISTS dead_letter_rates (
    consumer_group TEXT PRIMARY KEY,
    per_second     REAL NOT NULL,
    next_at        REAL NOT NULL
  ) WITHOUT ROWID;
`;
