/** AUTOINCREMENT: the id of a schema that was deleted for good is not given again, as there may be data with it. */
export const registrySchema = `
  CREATE TABLE IF NOT EXISTS registry_schemas (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    identity   TEXT NOT NULL,
    schema     TEXT NOT NULL,
    referred   TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS registry_schemas_by_identity ON registry_schemas (identity);
  CREATE TABLE IF NOT EXISTS registry_versions (
    subject   TEXT NOT NULL,
    version   INTEGER NOT NULL,
    schema_id INTEGER NOT NULL REFERENCES registry_schemas (id),
    deleted   INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (subject, version)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS registry_versions_by_schema ON registry_versions (schema_id);
  CREATE TABLE IF NOT EXISTS registry_settings (
    subject       TEXT PRIMARY KEY,
    compatibility TEXT,
    normalize     INTEGER,
    access        TEXT
  ) WITHOUT ROWID;
`;
