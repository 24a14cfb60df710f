import { Kafka, logLevel } from 'kafkajs';
import { readConfig, type Config } from '../../app/config.js';
import { openEngines, type Engines } from '../../app/engines/index.js';
import { enginesGiven, openEngines as ownEngines, type Settings } from '../../testing/e2e/engines.js';
import { loudLogger } from '../logger.js';

/** Where the engines are, and a part of each that nobody else uses. */
export interface RealSite {
  readonly settings: Settings;
  /** Of `settings`, without the event store: events come from the embedded one in `dataDir`. */
  withEventsOf(dataDir: string): Settings;
  readonly clean: () => Promise<void>;
}

const needed = ['KAFKA_BROKERS', 'MONGODB_URL'] as const;

/** What is missing and how it is given; undefined when nothing is. */
export const missingIn = (environment: Readonly<Record<string, string | undefined>>): string | undefined => {
  const missing = needed.filter((name) => (environment[name] ?? '') === '');
  if (missing.length === 0) return undefined;
  return (
    `${missing.join(' and ')} must say where the real ${missing.length === 1 ? 'engine is' : 'engines are'}. ` +
    'To start them for the time of the measurement: stack/stack run -- npm run bench -- --engine real'
  );
};

export const openSite = async (): Promise<RealSite> => {
  const { settings, clean } = await ownEngines(enginesGiven);
  const { KAFKA_PREFIX: prefix = '' } = settings;
  return {
    settings,
    withEventsOf: (dataDir) => ({ ...settings, EVENTSTORE_URL: '', DATA_DIR: dataDir }),
    clean: async () => {
      await clean();
      await removeTopics(configOf(settings), prefix);
    },
  };
};

export const configOf = (settings: Settings): Config =>
  readConfig({
    LOG_LEVEL: 'warn',
    ...Object.fromEntries(Object.entries(settings).filter(([, to]) => to !== '')),
  });

/** The ports as the program has them. */
export const withEngines = async <Result>(
  settings: Settings,
  work: (engines: Engines, config: Config) => Promise<Result>,
): Promise<Result> => {
  const config = configOf(settings);
  const engines = await openEngines(config, loudLogger, undefined);
  try {
    return await work(engines, config);
  } finally {
    await engines.close();
  }
};

const removeTopics = async ({ KAFKA_BROKERS: brokers = [] }: Config, prefix: string): Promise<void> => {
  const admin = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(prefix));
    if (topics.length > 0) await admin.deleteTopics({ topics });
  } finally {
    await admin.disconnect();
  }
};
