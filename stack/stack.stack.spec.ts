import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { apart, repository } from './settings.ts';

// A second stack, beside the one on which the tests run.
let variables: Record<string, string>;

const stack = (args: readonly string[], more: Record<string, string> = {}): Promise<Outcome> =>
  new Promise((resolve, reject) => {
    const child = spawn(join(repository, 'stack/stack'), args, {
      env: { ...process.env, ...variables, ...more },
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => void (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => void (output += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code, output });
    });
  });

interface Outcome {
  code: number | null;
  output: string;
}

/** Each engine's name and whether it is up. */
const status = async (): Promise<{ code: number | null; engines: Record<string, string> }> => {
  const { code, output } = await stack(['status']);
  const lines = output.trim().split('\n');
  const engines = lines.map((line) => /^(.*?)\s{2,}(up|down) /.exec(line)?.slice(1) ?? [line, '?']);
  return { code, engines: Object.fromEntries(engines) as Record<string, string> };
};

const allOf = (engines: Record<string, string>, state: string): Record<string, string> =>
  Object.fromEntries(Object.keys(engines).map((name) => [name, state]));

describe('A stack', () => {
  let up: Outcome;

  beforeAll(async () => {
    variables = await apart(join(repository, '.stack', `spec-${process.pid}`));
    up = await stack(['up']);
  });

  afterAll(async () => {
    await stack(['clean']);
  });

  test('is up when stack-up ends, with the engines that were asked for', async () => {
    const { code, engines } = await status();
    expect({ up: up.code, code, engines }).toEqual({ up: 0, code: 0, engines: allOf(engines, 'up') });
    expect(Object.keys(engines)).toEqual(
      expect.arrayContaining([`Apache Kafka ${process.env['KAFKA_VERSION'] ?? '4.4.0'}`, 'MongoDB']),
    );
  });

  test('is left as it is by a second stack-up', async () => {
    const { code, output } = await stack(['up']);
    const outcomes = output.trim().split('\n');
    expect({ code, others: outcomes.filter((line) => !line.includes(': was running')) }).toEqual({
      code: 0,
      others: [],
    });
  });

  test('does not change its ports while it runs', async () => {
    const { code, output } = await stack(['up'], { STACK_MONGODB_PORT: '27999' });
    expect({ code, output: output.trim() }).toEqual({
      code: 1,
      output: `The stack in ${String(variables['STACK_DIR'])} runs with other versions or ports: stop it first (make stack-down).`,
    });
  });

  test('tells which engine was killed, and has it back when it is started', async () => {
    const killed = [await stack(['mongodb', 'kill']), await stack(['mongodb', 'kill'])];
    const without = await status();
    const started = await stack(['mongodb', 'start']);
    const again = await status();
    expect({ killed, without, started, again }).toEqual({
      killed: [
        { code: 0, output: 'mongodb: ended\n' },
        { code: 0, output: 'mongodb: was not running\n' },
      ],
      without: { code: 1, engines: { ...allOf(again.engines, 'up'), MongoDB: 'down' } },
      started: { code: 0, output: 'mongodb: started\n' },
      again: { code: 0, engines: allOf(again.engines, 'up') },
    });
  });

  test('refuses a port that something else listens on, and says which', async () => {
    await stack(['mongodb', 'stop']);
    const port = Number(variables['STACK_MONGODB_PORT']);
    const squatter = createServer();
    await new Promise<void>((listening) => squatter.listen(port, '127.0.0.1', listening));
    const refused = await stack(['mongodb', 'start']);
    await new Promise((closed) => squatter.close(closed));
    const started = await stack(['mongodb', 'start']);
    expect({ refused, started }).toEqual({
      refused: {
        code: 1,
        output: `MongoDB cannot be started: something else listens on 127.0.0.1:${port}. Choose another port (stack/stack help).\n`,
      },
      started: { code: 0, output: 'mongodb: started\n' },
    });
  });

  test('that was stopped has kept its data, and can be started on other ports', async () => {
    await stack(['down']);
    const elsewhere = await apart(String(variables['STACK_DIR']));
    const moved = await stack(['up'], elsewhere);
    variables = elsewhere;
    const { code, engines } = await status();
    expect({ moved: moved.code, code, engines }).toEqual({
      moved: 0,
      code: 0,
      engines: allOf(engines, 'up'),
    });
  });
});

test('stack/stack run passes the exit code of its command on, and leaves nothing behind', async () => {
  const { code, output } = await stack(['run', '--', 'bash', '-c', 'echo "in $STACK_DIR"; exit 7']);
  const folder = /in (.*)/.exec(output)?.[1] ?? '';
  expect({
    code,
    isThere: existsSync(folder),
    among: readdirSync(join(repository, '.stack')).includes(folder),
  }).toEqual({
    code: 7,
    isThere: false,
    among: false,
  });
});
