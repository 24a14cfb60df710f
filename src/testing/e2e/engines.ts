import { randomUUID } from 'node:crypto';

export type Settings = Readonly<Record<string, string>>;

const addresses = ['EVENTSTORE_URL', 'KAFKA_BROKERS', 'SCHEMA_REGISTRY_URL', 'MONGODB_URL'] as const;

/** The engines that the environment names (`make test-stack`); for the others there is the embedded one. */
export const enginesGiven: Settings = Object.fromEntries(
  addresses.flatMap((name) => {
    const address = process.env[name];
    return address === undefined || address === '' ? [] : [[name, address]];
  }),
);

/** A part of those engines that nobody else uses. */
export interface OwnEngines {
  readonly settings: Settings;
  clean(): Promise<void>;
}

export const openEngines = (): Promise<OwnEngines> => {
  const prefix = `e2e-${randomUUID().slice(0, 8)}`;
  return Promise.resolve({
    settings: {
      ...enginesGiven,
      KAFKA_PREFIX: `${prefix}.`,
      KAFKA_REPLICATION_FACTOR: '1',
      KAFKA_MIN_INSYNC_REPLICAS: '1',
      MONGODB_PREFIX: prefix,
    },
    clean: () => Promise.resolve(),
  });
};
