import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { type KeeperPorts } from '../keeper.js';
import { type RunnerPorts } from '../runner.js';
import { type BuildPorts } from './build.js';
import { type ReplayPorts } from './replay.js';
import { type WorkPorts } from './work.js';

/** What could be seen outside of a view's documents. */
type Outside =
  'append' | 'execute' | 'publish' | 'send' | 'transaction' | 'deliver' | 'authorise' | 'capture';

/** The methods of all ports, one level deep. */
type Methods<Ports> = {
  [Port in keyof Ports]: Ports[Port] extends object ? keyof Ports[Port] : never;
}[keyof Ports];

type None<Reachable> = [Extract<Reachable, Outside>] extends [never] ? true : Extract<Reachable, Outside>;

/** Compiles only while nothing outside can be reached. */
const fenced: {
  readonly replay: None<Methods<ReplayPorts<never, object>>>;
  readonly work: None<Methods<WorkPorts>>;
  readonly build: None<Methods<Omit<BuildPorts, 'work'>>>;
  readonly runner: None<Methods<RunnerPorts<object>>>;
  readonly keeper: None<Methods<Omit<KeeperPorts, 'workFor'>>>;
} = { replay: true, work: true, build: true, runner: true, keeper: true };

const folder = 'src/projections';
const outside = [
  'ports/mailer',
  'ports/message-log',
  'ports/payment-gateway',
  'ports/carrier',
  'ports/keys',
  'execution/command-executor',
];

describe('a replay', () => {
  it('can reach nothing outside of the documents of its view, by its types', () => {
    expect(fenced).toStrictEqual({ replay: true, work: true, build: true, runner: true, keeper: true });
  });

  it('imports nothing that could', async () => {
    const files = (await readdir(folder, { recursive: true })).filter(
      (file) => /(\.projection|runner|fold|rebuild\/\w+)\.ts$/.test(file) && !/controller/.test(file),
    );
    const imports = (file: string) => readFileSync(join(folder, file), 'utf8').match(/from '[^']+'/g) ?? [];
    const offenders = files.filter((file) =>
      imports(file).some((line) => line.includes('@nestjs') || outside.some((port) => line.includes(port))),
    );
    expect(files.length).toBeGreaterThan(15);
    expect(offenders).toStrictEqual([]);
  });
});
