import { openEmbedded } from '../adapters/embedded/index.js';
import { RemoteSchemaRegistry } from '../adapters/schema-registry/remote-registry.js';
import { type SchemaRegistry } from '../ports/schema-registry.js';
import { openingStore, orExplain } from './cannot-start.js';
import { readConfig } from './config.js';

/** A registry for as long as it is needed. */
export interface OpenRegistry {
  readonly registry: SchemaRegistry;
  /** In words, without secrets. */
  readonly where: string;
  close(): Promise<void>;
}

/**
 * The registry at the URL, else the one in DATA_DIR.
 * @throws InvalidConfiguration
 * @throws CannotStart
 */
export const openRegistry = async (
  url: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Promise<OpenRegistry> => {
  if (url !== undefined) {
    const { origin, pathname } = new URL(url);
    const registry = new RemoteSchemaRegistry({ url });
    return { registry, where: origin + pathname, close: () => Promise.resolve() };
  }
  const { DATA_DIR: dataDir } = readConfig(env);
  const engine = await orExplain(() => openEmbedded({ dataDir }), openingStore(dataDir));
  return { registry: engine.schemaRegistry, where: dataDir, close: () => engine.close() };
};
