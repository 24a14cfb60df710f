export const inboxSchema = `
  CREATE TABLE IF NOT EXISTS inbox (
    consumer_group TEXT NOT NULL,
    event_id       TEXT NOT NULL,
    added_at       INTEGER NOT NULL,
    PRIMARY KEY (consumer_group, event_id)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS inbox_by_time ON inbox (consumer_group, added_at);
`;
