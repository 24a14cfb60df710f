import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  RegistryRefusal,
  SchemaIncompatible,
  SchemaInvalid,
  type SchemaReference,
  type SchemaRegistry,
} from '../ports/schema-registry.js';

export interface SchemaRegistryHarness {
  /** Where nothing is registered and nothing is configured but the mode FULL_TRANSITIVE. */
  readonly registry: SchemaRegistry;
  /** The same registry through a connection of its own. */
  readonly another: () => Promise<SchemaRegistry>;
  readonly dispose: () => Promise<void>;
}

type Field = readonly [name: string, type: unknown, fallback?: unknown];

const record = (name: string, ...fields: readonly Field[]): string =>
  JSON.stringify({
    ...{ type: 'record', name, namespace: 'shop' },
    fields: fields.map(([field, type, fallback]) => ({
      ...{ name: field, type },
      ...(fallback !== undefined && { default: fallback }),
    })),
  });

/** A registry that others use, too, has ids of theirs. */
const neverGiven = 2_000_000_000;

const order = record('Order', ['id', 'string']);
const orderWithNote = record('Order', ['id', 'string'], ['note', 'string', '']);
const money = record('Money', ['amount', 'long']);
const moneyWithCurrency = record('Money', ['amount', 'long'], ['currency', 'string', 'EUR']);
const toMoney = (version: number): SchemaReference => ({ name: 'shop.Money', subject: 'money', version });

/**
 * What every adapter of the schema registry does, sentence by sentence of the port.
 * @param deviations by the name of a test, why the server behind the adapter does otherwise: it is skipped.
 */
export const describeSchemaRegistryContract = (
  name: string,
  open: () => Promise<SchemaRegistryHarness>,
  deviations: Readonly<Record<string, string>> = {},
): void => {
  const deviating = new Set<string>();
  const it = (title: string, check: () => Promise<void>): void => {
    const reason = deviations[title];
    if (reason === undefined) {
      test(title, check);
      return;
    }
    deviating.add(title);
    test.skip(`${title} (${reason})`, check);
  };

  describe(`${name} as schema registry`, () => {
    let harness: SchemaRegistryHarness;
    let registry: SchemaRegistry;

    beforeEach(async () => {
      harness = await open();
      registry = harness.registry;
    });

    afterEach(() => harness.dispose());

    it('knows nothing at first', async () => {
      expect(await registry.subjects()).toStrictEqual([]);
      expect(await registry.versions('order')).toStrictEqual([]);
      expect(await registry.latest('order')).toBeUndefined();
      expect(await registry.lookup('order', { schema: order })).toBeUndefined();
      expect(await registry.byId(neverGiven)).toBeUndefined();
    });

    it('gives versions from 1 and ids', async () => {
      const first = await registry.register('order', { schema: order });
      const second = await registry.register('order', { schema: orderWithNote });
      expect(first).toStrictEqual({
        ...{ subject: 'order', version: 1, id: expect.any(Number) },
        ...{ schema: expect.any(String), references: [] },
      });
      expect(JSON.parse(first.schema)).toEqual(JSON.parse(order));
      expect(second).toMatchObject({ subject: 'order', version: 2 });
      expect(second.id).toBeGreaterThan(first.id);
      expect(await registry.versions('order')).toStrictEqual([first, second]);
      expect(await registry.latest('order')).toStrictEqual(second);
      expect(await registry.lookup('order', { schema: order })).toStrictEqual(first);
      expect(await registry.byId(first.id)).toMatchObject({ schema: first.schema });
      expect(await registry.subjects()).toStrictEqual(['order']);
    });

    it('answers the same schema as the first time, however it is spaced and ordered', async () => {
      const first = await registry.register('order', { schema: order });
      await registry.register('order', { schema: orderWithNote });
      expect(await registry.register('order', { schema: order })).toStrictEqual(first);
      const { type, name, namespace, fields } = JSON.parse(order) as Record<string, unknown>;
      const otherwise = JSON.stringify({ fields, namespace, name, type }, undefined, 2);
      expect(await registry.register('order', { schema: otherwise })).toStrictEqual(first);
      expect(await registry.lookup('order', { schema: otherwise })).toStrictEqual(first);
      expect(await registry.versions('order')).toHaveLength(2);
    });

    it('gives the same schema the same id in another subject', async () => {
      const here = await registry.register('order', { schema: order });
      const there = await registry.register('other', { schema: order });
      expect(there).toStrictEqual({ ...here, subject: 'other' });
      expect((await registry.subjects()).toSorted()).toEqual(['order', 'other']);
    });

    it('tells apart what differs in documentation only', async () => {
      const documented = JSON.stringify({ ...(JSON.parse(order) as object), doc: 'An order.' });
      const first = await registry.register('order', { schema: order });
      const second = await registry.register('order', { schema: documented });
      expect(second).toMatchObject({ version: 2 });
      expect(second.id).not.toBe(first.id);
    });

    const refused = record('Order', ['id', 'string'], ['note', 'string']);

    it('refuses what may not follow, and registers nothing', async () => {
      const first = await registry.register('order', { schema: order });
      const reasons = await registry.incompatibilities('order', { schema: refused });
      expect(reasons).not.toHaveLength(0);
      const error: unknown = await registry
        .register('order', { schema: refused })
        .catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(SchemaIncompatible);
      expect(error).toMatchObject({ subject: 'order', reasons: expect.arrayContaining([reasons[0]]) });
      expect(await registry.versions('order')).toStrictEqual([first]);
      expect(await registry.lookup('order', { schema: refused })).toBeUndefined();
    });

    it('says why a schema may not follow', async () => {
      await registry.register('order', { schema: order });
      const reasons = await registry.incompatibilities('order', { schema: refused });
      expect(reasons.join()).toContain('READER_FIELD_MISSING_DEFAULT_VALUE');
    });

    it('finds nothing against a compatible schema, nor against the first', async () => {
      expect(await registry.incompatibilities('order', { schema: order })).toStrictEqual([]);
      await registry.register('order', { schema: order });
      expect(await registry.incompatibilities('order', { schema: orderWithNote })).toStrictEqual([]);
      expect(await registry.versions('order')).toHaveLength(1);
    });

    it('judges by all versions, by default', async () => {
      await registry.register('order', { schema: record('Order', ['id', 'string'], ['a', 'string', '']) });
      await registry.register('order', { schema: order });
      const changed = record('Order', ['id', 'string'], ['a', 'int', 0]);
      await expect(registry.register('order', { schema: changed })).rejects.toBeInstanceOf(
        SchemaIncompatible,
      );
    });

    it('judges by the mode of the subject', async () => {
      await registry.register('order', { schema: order });
      const asInt = record('Order', ['id', 'int']);
      await registry.setMode('order', 'NONE');
      expect(await registry.incompatibilities('order', { schema: asInt })).toStrictEqual([]);
      expect(await registry.register('order', { schema: asInt })).toMatchObject({ version: 2 });
      await registry.setMode('order', 'BACKWARD');
      expect(await registry.register('order', { schema: record('Order', ['id', 'long']) })).toMatchObject({
        version: 3,
      });
      await expect(
        registry.register('order', { schema: asInt.replace('int', 'float') }),
      ).resolves.toMatchObject({
        version: 4,
      });
      await expect(registry.register('order', { schema: order })).resolves.toMatchObject({ version: 1 });
      await expect(
        registry.register('order', { schema: record('Order', ['id', 'boolean']) }),
      ).rejects.toBeInstanceOf(SchemaIncompatible);
    });

    it('refuses a mode that there is not', async () => {
      const error: unknown = await registry.setMode('order', 'SIDEWAYS').catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(RegistryRefusal);
      expect(error).toMatchObject({ errorCode: 42203 });
    });

    for (const [what, schema] of [
      ['no JSON', '{"type":'],
      ['no schema', '{"type":"record"}'],
      ['nothing', ''],
      ['an unknown type', record('Order', ['id', 'shop.Unknown'])],
      ['an invalid default', record('Order', ['id', 'int', 'one'])],
    ] as const) {
      it(`registers ${what} nowhere`, async () => {
        await expect(registry.register('order', { schema })).rejects.toBeInstanceOf(SchemaInvalid);
        expect(await registry.subjects()).toStrictEqual([]);
      });

      it(`does not compare ${what} with what is registered`, async () => {
        await registry.register('order', { schema: order });
        await expect(registry.incompatibilities('order', { schema })).rejects.toBeInstanceOf(SchemaInvalid);
      });

      it(`does not compare ${what} with nothing`, async () => {
        await expect(registry.incompatibilities('order', { schema })).rejects.toBeInstanceOf(SchemaInvalid);
        expect(await registry.subjects()).toStrictEqual([]);
      });
    }

    it('keeps references and finds schemas by them', async () => {
      await registry.register('money', { schema: money });
      const priced = { schema: record('Priced', ['price', 'shop.Money']), references: [toMoney(1)] };
      const registered = await registry.register('priced', priced);
      expect(registered).toMatchObject({ version: 1, references: [toMoney(1)] });
      expect(await registry.lookup('priced', priced)).toStrictEqual(registered);
      expect(await registry.latest('priced')).toStrictEqual(registered);
      expect(await registry.byId(registered.id)).toMatchObject({
        schema: registered.schema,
        references: [toMoney(1)],
      });
    });

    it('refuses references to what is not there', async () => {
      const priced = { schema: record('Priced', ['price', 'shop.Money']), references: [toMoney(1)] };
      await expect(registry.register('priced', priced)).rejects.toBeInstanceOf(SchemaInvalid);
      await registry.register('money', { schema: money });
      await expect(
        registry.register('priced', { ...priced, references: [toMoney(2)] }),
      ).rejects.toBeInstanceOf(SchemaInvalid);
    });

    it('takes another version of a reference for another schema', async () => {
      await registry.register('money', { schema: money });
      await registry.register('money', { schema: moneyWithCurrency });
      const schema = record('Priced', ['price', 'shop.Money']);
      const first = await registry.register('priced', { schema, references: [toMoney(1)] });
      const second = await registry.register('priced', { schema, references: [toMoney(2)] });
      expect([first, second]).toMatchObject([{ version: 1 }, { version: 2 }]);
      expect(second.id).not.toBe(first.id);
    });

    it('judges each version with its own version of a reference', async () => {
      await registry.setMode('money', 'NONE');
      await registry.register('money', { schema: money });
      await registry.register('money', { schema: record('Money', ['amount', 'string']) });
      const schema = record('Priced', ['price', 'shop.Money']);
      await registry.register('priced', { schema, references: [toMoney(1)] });
      // The text is the same; what it refers to is not.
      await expect(registry.register('priced', { schema, references: [toMoney(2)] })).rejects.toBeInstanceOf(
        SchemaIncompatible,
      );
      const withNote = record('Priced', ['price', 'shop.Money'], ['note', 'string', '']);
      expect(await registry.register('priced', { schema: withNote, references: [toMoney(1)] })).toMatchObject(
        {
          version: 2,
        },
      );
    });

    it('takes subjects with any characters', async () => {
      for (const subject of ['a/b c', 'ö%2F?x=1#y', 'commerce.order.events-commerce.order.OrderPlaced']) {
        const registered = await registry.register(subject, { schema: order });
        expect(registered).toMatchObject({ subject, version: 1 });
        expect(await registry.versions(subject)).toStrictEqual([registered]);
      }
    });

    it('says the same on every connection', async () => {
      const other = await harness.another();
      const registered = await registry.register('order', { schema: order });
      expect(await other.latest('order')).toStrictEqual(registered);
      expect(await other.register('order', { schema: order })).toStrictEqual(registered);
    });

    it('gives a schema that many register at once one version and one id', async () => {
      const all = [registry, await harness.another(), await harness.another()];
      const answers = await Promise.all(
        all.flatMap((each) => Array.from({ length: 5 }, () => each.register('order', { schema: order }))),
      );
      expect(new Set(answers.map(({ version, id }) => `${version}/${id}`)).size).toBe(1);
      expect(await registry.versions('order')).toHaveLength(1);
    });

    it('lets one of two through that may not follow each other', async () => {
      const all = [registry, await harness.another()];
      const settled = await Promise.allSettled(
        ['int', 'string'].map((type, at) =>
          (all[at] ?? registry).register('order', { schema: record('Order', ['n', type]) }),
        ),
      );
      expect(settled.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
      expect(await registry.versions('order')).toHaveLength(1);
    });
  });

  const unknown = Object.keys(deviations).filter((title) => !deviating.has(title));
  if (unknown.length > 0) throw new Error(`There are no tests named ${unknown.join(', ')}.`);
};
