import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { cache, wheels } from './downloads.ts';
import { interruption } from './interruption.ts';
import { endProcess } from './process.ts';
import { apart, readSettings, repository } from './settings.ts';
import { Stack } from './stack.ts';

const help = `\
Real engines on this machine, without Docker: Apache Kafka, Apicurio Registry (Confluent's REST API), MongoDB, and a test
server that speaks EventStoreDB's protocol. They need Python 3 with pip, Maven and Java 17 (a newer Java is downloaded).

  stack/stack up                        start all that do not run, and wait until they answer
  stack/stack status                    what runs; exit code 1 unless all answer
  stack/stack down                      stop all; data stays
  stack/stack clean                     stop all and delete their data
  stack/stack env                       the variables by which the system finds them
  stack/stack run -- COMMAND…           a stack of its own on free ports, for the duration of the command
  stack/stack ENGINE start|stop|kill    kafka, registry, mongodb or eventstore; kill is kill -9
  stack/stack ENGINE log                where its log is
  stack/stack wheels FILE               install the Python wheels of a file of requirements; prints the PYTHONPATH

Variables: STACK_DIR (.stack), KAFKA_VERSION (4.4.0; 3.9.2 is pinned too), APICURIO_VERSION (3.3.3), STACK_KAFKA_PORT (9192),
STACK_KAFKA_CONTROLLER_PORT (9193), STACK_REGISTRY_PORT (8181), STACK_REGISTRY_MANAGEMENT_PORT (8182), STACK_MONGODB_PORT
(27117), STACK_EVENTSTORE_PORT (2213), STACK_KAFKA_ADVERTISED (host:port of a proxy before Kafka that clients are sent to),
MONGOD (a mongod of your own). Downloads are kept in
${cache}.`;

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const main = async (args: readonly string[]): Promise<number> => {
  const [verb = 'help', action] = args;
  if (verb === 'help' || verb === '--help') {
    print(help);
    return 0;
  }
  if (verb === 'wheels' && action !== undefined) {
    print(await wheels(action));
    return 0;
  }
  if (verb === 'run') return run(args.slice(args[1] === '--' ? 2 : 1));
  const settings = readSettings(process.env);
  const stack = new Stack(settings);
  switch (verb) {
    case 'up':
      await stack.up(print);
      return 0;
    case 'status':
      return status(stack);
    case 'down':
      await stack.down(print);
      return 0;
    case 'clean':
      await stack.down(print);
      removeOwn(settings.directory);
      return 0;
    case 'env':
      for (const [name, value] of Object.entries(stack.environment)) print(`export ${name}=${quoted(value)}`);
      return 0;
    case 'guard':
      await guard(settings.directory);
      return 0;
  }
  const instance = stack.instances.find(({ engine }) => engine.name === verb);
  switch (action === undefined ? undefined : instance && action) {
    case 'start':
    case 'stop':
    case 'kill':
      print(`${verb}: ${String(await instance?.[action as 'start' | 'stop' | 'kill']())}`);
      return 0;
    case 'log':
      print(instance?.log ?? '');
      return 0;
    default:
      console.error(help);
      return 2;
  }
};

const status = async (stack: Stack): Promise<number> => {
  const lines = await Promise.all(
    stack.instances.map(async ({ engine, pid }) => {
      const failure = pid === undefined ? 'not running' : await engine.probe().then(() => '', String);
      return { engine, pid, failure };
    }),
  );
  for (const { engine, pid, failure } of lines)
    print(
      [
        engine.title.padEnd(27),
        (failure === '' ? 'up' : 'down').padEnd(5),
        (pid === undefined ? '-' : String(pid)).padEnd(8),
        engine.address,
        ...(failure === '' || pid === undefined ? [] : [`  ${failure}`]),
      ].join(' '),
    );
  return lines.every(({ failure }) => failure === '') ? 0 : 1;
};

/** In a folder and on ports of its own, so it disturbs no other stack; nothing is left of it, whatever happens. */
const run = async ([file, ...args]: readonly string[]): Promise<number> => {
  if (file === undefined) {
    console.error(help);
    return 2;
  }
  const root = join(repository, '.stack');
  const directory = join(root, `run-${process.pid}`);
  const variables = await apart(directory);
  const stack = new Stack(readSettings({ ...process.env, ...variables }));
  mkdirSync(directory, { recursive: true });
  // A process of its own cleans up when this one is gone, even by kill -9.
  const guarding = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), 'guard'], {
    detached: true,
    stdio: ['pipe', 'ignore', 'inherit'],
    env: { ...process.env, ...variables },
  });
  const guarded = new Promise((resolve) => guarding.once('exit', resolve));
  let code = 1;
  try {
    await stack.up((line) => {
      console.error(line);
    });
    code = await execute(file, args, { ...process.env, ...variables, ...stack.environment });
  } finally {
    if (code !== 0) keepLogs(directory, join(root, 'failed'));
    guarding.stdin.end();
    await guarded;
  }
  return code;
};

const execute = (file: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> =>
  new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: 'inherit', env });
    const pass = (): void => void child.kill('SIGTERM');
    interruption.addEventListener('abort', pass);
    child.once('error', reject);
    child.once('close', (code) => {
      interruption.removeEventListener('abort', pass);
      resolve(interruption.aborted ? 130 : (code ?? 1));
    });
  });

/** What a stack and `make observe` make in its folder; STACK_DIR may name one in which there is something else. */
const own = /^((kafka|registry|mongodb|eventstore)(\..+)?|settings\.json|failed|(run|observe)-\d+)$/;

const removeOwn = (directory: string): void => {
  if (!existsSync(directory)) return;
  for (const entry of readdirSync(directory).filter((name) => own.test(name)))
    rmSync(join(directory, entry), { recursive: true, force: true });
  if (readdirSync(directory).length === 0) rmdirSync(directory);
};

const keepLogs = (from: string, to: string): void => {
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  for (const log of readdirSync(from).filter((name) => name.endsWith('.log')))
    cpSync(join(from, log), join(to, basename(log)));
  console.error(`The engines' logs are in ${to}.`);
};

/** When its input ends, nothing is left of the folder, nor of the engines in it, specs' own ones included. */
const guard = async (directory: string): Promise<void> => {
  process.stdin.resume();
  await new Promise((resolve) => process.stdin.once('close', resolve));
  await Promise.all(recordsIn(directory).map((file) => endProcess(file, 'SIGKILL', 0)));
  rmSync(directory, { recursive: true, force: true, maxRetries: 10 });
};

/** Engines that run make and remove folders meanwhile: what is gone by the time that it is read has no records. */
const recordsIn = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return recordsIn(path);
      return entry.name.endsWith('.pid') ? [path] : [];
    });
  } catch (failure) {
    if (failure instanceof Error && 'code' in failure && failure.code === 'ENOENT') return [];
    throw failure;
  }
};

/** For a shell that evaluates it. */
const quoted = (value: string): string =>
  /^[\w.,:/?=@%+-]*$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (failure) {
  console.error(failure instanceof Error ? failure.message : failure);
  process.exitCode = interruption.aborted ? 130 : 1;
}
