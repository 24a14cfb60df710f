import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { openEmbedded } from './index.js';
import { isRefusal } from './registry-refusals.js';
import { type EmbeddedSchemaRegistry } from './schema-registry.js';

const subjects = ['a', 'b'] as const;

/** A record that may refer to a version of another subject; with a note, it is another schema. */
const schemaOf = (subject: string, note: number, target: string | undefined) => ({
  ...{ type: 'record', name: subject.toUpperCase() },
  fields: [
    { name: `note${note}`, type: 'int', default: 0 },
    ...(target === undefined
      ? []
      : [{ name: 'target', type: ['null', target.toUpperCase()], default: null }]),
  ],
});

type Step = (registry: EmbeddedSchemaRegistry) => Promise<unknown>;

const subject = fc.constantFrom(...subjects);
const version = fc.integer({ min: 1, max: 3 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc
    .record({ subject, note: fc.integer({ min: 0, max: 2 }), target: fc.option(subject), version })
    .map(({ subject: name, note, target, version: wanted }): Step => {
      const refers = target !== null && target !== name ? target : undefined;
      const schema = JSON.stringify(schemaOf(name, note, refers));
      const references =
        refers === undefined ? [] : [{ name: refers.toUpperCase(), subject: refers, version: wanted }];
      return (registry) => registry.register(name, { schema, references });
    }),
  fc
    .record({ subject, version, forGood: fc.boolean() })
    .map(({ subject: name, version: wanted, forGood }): Step => {
      return (registry) => registry.deleteVersion(name, wanted, forGood);
    }),
  fc.record({ subject, forGood: fc.boolean() }).map(({ subject: name, forGood }): Step => {
    return (registry) => registry.deleteSubject(name, forGood);
  }),
);

describe('Embedded schema registry, whatever is registered and deleted', () => {
  it('keeps what is referred to, and never gives an id or a text a second meaning', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 30, maxLength: 60 }), async (steps) => {
        const dataDir = await mkdtemp(join(tmpdir(), 'registry-invariants-'));
        const engine = openEmbedded({ dataDir });
        const registry = engine.schemaRegistry;
        const meanings = new Map<number, string>();
        try {
          for (const take of steps) {
            await take(registry).catch((error: unknown) => {
              if (!isRefusal(error)) throw error;
            });
            const versions = await registry.histories('');
            const found = (name: string, number: number) =>
              versions.find((each) => each.subject === name && each.version === number);
            for (const { id, identity, references, deleted } of versions) {
              expect(meanings.get(id) ?? identity).toBe(identity);
              meanings.set(id, identity);
              for (const reference of references) {
                const target = found(reference.subject, reference.version);
                // What is live refers to what is live; what could come back, to what could come back with it.
                expect(target).toBeDefined();
                expect(target?.deleted === true && !deleted).toBe(false);
              }
            }
            const live = versions.filter(({ deleted }) => !deleted);
            expect(new Set(live.map(({ subject: name, id }) => `${name}/${id}`)).size).toBe(live.length);
            const ids = new Map(versions.map(({ identity, id }) => [identity, id]));
            for (const { identity, id } of versions) expect(ids.get(identity)).toBe(id);
          }
        } finally {
          await engine.close();
          await rm(dataDir, { recursive: true });
        }
      }),
      { numRuns: 20 },
    );
  });
});
