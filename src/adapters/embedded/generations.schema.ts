export const generationsSchema = `
  CREATE TABLE IF NOT EXISTS generations (
    projection TEXT PRIMARY KEY,
    revision   INTEGER NOT NULL,
    entry      TEXT NOT NULL
  ) WITHOUT ROWID;
`;
