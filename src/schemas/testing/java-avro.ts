/**
 * Compares the verdicts with Java Avro's on random pairs; needs a JDK and Maven. For development:
 * `make build && node dist/schemas/testing/java-avro.js [pairs] [seed]`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { incompatibilities } from '../compatibility.js';
import { InvalidSchema } from '../names.js';
import { parseSchema } from '../parse.js';
import { mutate } from './mutate.js';
import { type Json, randomSchema } from './random-schema.js';
import { seeded } from './random.js';

const java = 'src/schemas/testing/java';
const libraries = join(tmpdir(), 'java-avro-1.12.1');

const found = z.array(z.object({ rule: z.string(), path: z.string(), detail: z.string() }));
const verdictOf = z.object({
  old: z.string().optional(),
  new: z.string().optional(),
  BACKWARD: found.optional(),
  FORWARD: found.optional(),
});
type Verdict = z.infer<typeof verdictOf>;

const run = (command: string, args: readonly string[], input = ''): string => {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    input,
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  });
  if (error ?? status !== 0)
    throw new Error(`${command}: ${error?.message ?? stderr}${stdout.slice(0, 2000)}`);
  return stdout;
};

const pairAt = (seed: number): { old: Json; new: Json } => {
  const random = seeded(seed);
  const old = randomSchema(random);
  const next = random.chance(80) ? mutate(random, old) : randomSchema(random);
  return random.chance(50) ? { old, new: next } : { old: next, new: old };
};

const ours = (pair: { old: Json; new: Json }): Verdict => {
  const parsed = (side: 'old' | 'new') => {
    try {
      return { schema: parseSchema(pair[side]) };
    } catch (error) {
      if (error instanceof InvalidSchema) return { error: error.message };
      throw error;
    }
  };
  const [older, newer] = [parsed('old'), parsed('new')];
  if (!older.schema || !newer.schema) return { old: older.error, new: newer.error };
  const told = (list: ReturnType<typeof incompatibilities>) =>
    list.map(({ rule, path, detail }) =>
      rule === 'AMBIGUOUS_ALIAS' ? { rule, path: '', detail: '' } : { rule, path, detail },
    );
  return {
    BACKWARD: told(incompatibilities(newer.schema, older.schema)),
    FORWARD: told(incompatibilities(older.schema, newer.schema)),
  };
};

const [pairs = 20_000, first = 1] = process.argv.slice(2).map(Number);
if (!existsSync(libraries)) {
  const copy = ['-B', '-q', '-ntp', '-f', `${java}/pom.xml`, 'dependency:copy-dependencies'];
  run('mvn', [...copy, '-DincludeScope=runtime', `-DoutputDirectory=${libraries}`]);
}
const classes = mkdtempSync(join(tmpdir(), 'verdicts-'));
run('javac', ['-cp', `${libraries}/*`, '-d', classes, `${java}/Verdicts.java`]);

const tally = { pairs, invalid: 0, verdicts: 0, incompatible: 0, disagreements: 0 };
const seeds = Array.from({ length: pairs }, (_, number) => first + number);
const batch = 10_000;
for (let start = 0; start < seeds.length; start += batch) {
  const inBatch = seeds.slice(start, start + batch);
  const input = inBatch.map((seed) => `${JSON.stringify(pairAt(seed))}\n`).join('');
  const lines = run('java', ['-Xmx512m', '-cp', `${libraries}/*:${classes}`, 'Verdicts'], input)
    .trimEnd()
    .split('\n');
  for (const [number, seed] of inBatch.entries()) {
    const theirs = verdictOf.parse(JSON.parse(lines[number] ?? '{}'));
    const mine = ours(pairAt(seed));
    const invalid = (verdict: Verdict) => [verdict.old !== undefined, verdict.new !== undefined];
    const comparable = ({ BACKWARD, FORWARD, ...rest }: Verdict) =>
      JSON.stringify([invalid(rest), BACKWARD, FORWARD]);
    if (theirs.BACKWARD && theirs.FORWARD) {
      tally.verdicts += 2;
      tally.incompatible += [theirs.BACKWARD, theirs.FORWARD].filter(({ length }) => length > 0).length;
    } else tally.invalid += 1;
    if (comparable(theirs) === comparable(mine)) continue;
    tally.disagreements += 1;
    if (tally.disagreements > 5) continue;
    console.log(JSON.stringify({ seed, pair: pairAt(seed), theirs, mine }, undefined, 1));
  }
}
console.log(JSON.stringify(tally));
process.exitCode = tally.disagreements === 0 ? 0 : 1;
