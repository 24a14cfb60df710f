import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { cached, execute, maven, verify } from './downloads.ts';
import { type Engine } from './engine.ts';
import { findJava } from './java.ts';
import { type Settings } from './settings.ts';

/** For machines where there is no Java newer than 17 and none to be had. */
const forJava17 = '2.6.13.Final';

/** Apicurio, which speaks Confluent's REST API. It keeps its schemas in a file, so that they outlive the process. */
export const registry = (settings: Settings): Engine => {
  const { STACK_REGISTRY_PORT: port, STACK_REGISTRY_MANAGEMENT_PORT: management } = settings;
  const url = `http://127.0.0.1:${port}/apis/ccompat/v7`;
  return {
    name: 'registry',
    title: `Apicurio Registry ${settings.APICURIO_VERSION}`,
    address: url,
    ports: [port, management],
    environment: { SCHEMA_REGISTRY_URL: url },
    command: async (folder) => {
      const { version, java } = await runnable(settings.APICURIO_VERSION);
      const jar = await jarOf(version);
      // Without WRITE_DELAY=0 a kill -9 loses acknowledged registrations.
      const database = `jdbc:h2:file:${join(folder, version)};DB_CLOSE_ON_EXIT=FALSE;WRITE_DELAY=0`;
      return {
        file: java,
        args: ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xmx256m', '-jar', jar],
        env: {
          QUARKUS_HTTP_HOST: '127.0.0.1',
          QUARKUS_HTTP_PORT: String(port),
          // Otherwise it listens on all interfaces.
          QUARKUS_MANAGEMENT_HOST: '127.0.0.1',
          QUARKUS_MANAGEMENT_PORT: String(management),
          QUARKUS_LOG_LEVEL: 'WARN',
          // As it is called in version 3, and before.
          APICURIO_DATASOURCE_URL: database,
          REGISTRY_DATASOURCE_URL: database,
        },
      };
    },
    settle: async () => {
      // Confluent's default.
      const answer = await fetch(`${url}/config`, {
        method: 'PUT',
        headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
        body: JSON.stringify({ compatibility: 'BACKWARD' }),
        signal: AbortSignal.timeout(5_000),
      });
      if (!answer.ok) throw new Error(`PUT ${url}/config answered ${answer.status}.`);
    },
    probe: async () => {
      const answer = await fetch(`${url}/subjects`, { signal: AbortSignal.timeout(5_000) });
      if (!answer.ok) throw new Error(`GET ${url}/subjects answered ${answer.status}.`);
      await answer.json();
    },
  };
};

const runnable = async (version: string): Promise<{ version: string; java: string }> => {
  if (version.startsWith('2.')) return { version, java: await findJava(17) };
  try {
    return { version, java: await findJava(21) };
  } catch (failure) {
    console.error(`${String(failure)}\nApicurio ${version} needs Java 21: ${forJava17} is started instead.`);
    return { version: forJava17, java: await findJava(17) };
  }
};

const jarOf = async (version: string): Promise<string> => {
  const name = `apicurio-${version}`;
  const folder = await cached(name, async (target) => {
    const artifact = `io.apicurio:apicurio-registry-app:${version}:tar.gz:all`;
    await maven('copy', `-Dartifact=${artifact}`, `-DoutputDirectory=${target}`);
    await verify(name, target);
    await execute('tar', ['-xzf', join(target, `apicurio-registry-app-${version}-all.tar.gz`), '-C', target]);
  });
  const jar = readdirSync(folder).find((file) => file === 'quarkus-run.jar' || file.endsWith('-runner.jar'));
  if (jar === undefined) throw new Error(`There is no program in ${folder}.`);
  return join(folder, jar);
};
