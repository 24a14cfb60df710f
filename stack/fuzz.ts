import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { wheels } from './downloads.ts';
import { interruption } from './interruption.ts';
import { repository } from './settings.ts';

/** `make fuzz`: Schemathesis asks the whole OpenAPI document of a program of its own, on embedded engines, for what it must not answer. */

const { FUZZ_PORT, FUZZ_EXAMPLES, FUZZ_SEED } = z
  .object({
    FUZZ_PORT: z.coerce.number().int().min(1).max(65_535).default(18_990),
    /** Of each operation. */
    FUZZ_EXAMPLES: z.coerce.number().int().min(1).default(50),
    FUZZ_SEED: z.string().regex(/^\d+$/).optional(),
  })
  .parse(process.env);

const url = `http://127.0.0.1:${FUZZ_PORT}`;
/** What no answer may be. Which data is refused is the business of the domain, and not in the document. */
const checks = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
];
const startMs = 60_000;

const isReady = (): Promise<boolean> =>
  fetch(`${url}/health/ready`).then(
    ({ ok }) => ok,
    () => false,
  );

const untilReady = async (program: ChildProcess): Promise<void> => {
  const deadline = Date.now() + startMs;
  while (!(await isReady())) {
    if (program.exitCode !== null) throw new Error('The program has not started; it says why above.');
    if (Date.now() > deadline) throw new Error(`The program is not ready after ${startMs / 1_000} s.`);
    await pause(100, undefined, { signal: interruption });
  }
};

const run = async (): Promise<number> => {
  const libraries = await wheels('test/fuzz/requirements.txt');
  const dataDir = mkdtempSync(join(tmpdir(), 'fuzz-'));
  const program = spawn(process.execPath, ['--enable-source-maps', 'dist/app/dev.js'], {
    cwd: repository,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      ...{ DATA_DIR: dataDir, HOST: '127.0.0.1', PORT: String(FUZZ_PORT), OPS_PORT: '0', REGISTRY_PORT: '0' },
      LOG_LEVEL: 'error',
    },
  });
  const ended = new Promise<void>((resolve) =>
    program.once('close', () => {
      resolve();
    }),
  );
  try {
    await untilReady(program);
    const options = [
      ...['--checks', checks.join(','), '--max-examples', String(FUZZ_EXAMPLES), '--no-color'],
      // A stream does not end.
      ...['--exclude-path-regex', '/stream$', '--report-dir', dataDir],
      ...(FUZZ_SEED === undefined ? [] : ['--seed', FUZZ_SEED]),
    ];
    const fuzzer = spawn(
      'python3',
      [
        '-c',
        'from schemathesis.cli import schemathesis; schemathesis()',
        'run',
        `${url}/docs/openapi.json`,
        ...options,
      ],
      {
        stdio: 'inherit',
        cwd: dataDir,
        env: { ...process.env, PYTHONPATH: libraries },
        signal: interruption,
      },
    );
    const code = await new Promise<number | null>((resolve, reject) => {
      fuzzer.once('close', resolve);
      fuzzer.once('error', reject);
    });
    if (program.exitCode !== null) throw new Error('The program has ended while it was asked.');
    return code ?? 1;
  } finally {
    program.kill('SIGTERM');
    await ended;
    rmSync(dataDir, { recursive: true, force: true });
  }
};

try {
  process.exitCode = await run();
} catch (failure) {
  console.error(failure instanceof Error ? failure.message : failure);
  process.exitCode = interruption.aborted ? 130 : 1;
}
