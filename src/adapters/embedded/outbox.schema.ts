/** The mails that were sent, sealed. */
export const outboxSchema = `
  CREATE TABLE IF NOT EXISTS outbox (
    id       TEXT PRIMARY KEY,
    customer TEXT NOT NULL,
    mail     TEXT NOT NULL
  ) WITHOUT ROWID;
`;
