import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cached, execute, verify } from '../downloads.ts';
import { anything, type Type } from './types.ts';

/**
 * What the AWS provider accepts. Its binary comes from HashiCorp's servers only; its schema is in the bindings that
 * @cdktn/provider-aws generates from it, a file for each resource and data source.
 */

/** The bindings, and the provider that they were generated from. */
export const bindings = { version: '25.7.0', provider: '6.66.0' };

export interface BlockSchema {
  readonly attributes: ReadonlyMap<string, AttributeSchema>;
  readonly blocks: ReadonlyMap<string, NestedSchema>;
}

export interface AttributeSchema {
  readonly type: Type;
  readonly required: boolean;
  /** Whether the provider alone sets it. */
  readonly readOnly: boolean;
}

export interface NestedSchema {
  readonly schema: BlockSchema;
  readonly required: boolean;
  readonly many: boolean;
  /** Whether it may be written as an attribute. */
  readonly orAttribute: boolean;
}

export type Kind = 'resource' | 'data' | 'provider';

/** Undefined for a type that the provider does not have. */
export type ProviderSchema = (kind: Kind, type: string) => BlockSchema | undefined;

export const awsSchema = async (): Promise<ProviderSchema> => {
  const name = `cdktn-provider-aws-${bindings.version}`;
  const folder = await cached(name, async (target) => {
    await execute('npm', [
      ...['pack', '--silent', '--ignore-scripts', '--pack-destination', target],
      `@cdktn/provider-aws@${bindings.version}`,
    ]);
    await verify(name, target);
    const archive = join(target, `${name}.tgz`);
    await execute('tar', ['-xzf', archive, '-C', target, 'package/lib']);
    rmSync(archive);
  });
  return bindingsIn(join(folder, 'package', 'lib'));
};

/** The schemas in a folder of bindings. */
export const bindingsIn = (folder: string): ProviderSchema => {
  const known = new Map<string, BlockSchema | undefined>();
  return (kind, type) => {
    const name = { resource: fileOf(type), data: `data-aws-${fileOf(type)}`, provider: 'provider' }[kind];
    if (!known.has(name)) {
      const file = join(folder, name, 'index.js');
      known.set(name, existsSync(file) ? readBindings(readFileSync(file, 'utf8')) : undefined);
    }
    return known.get(name);
  };
};

const fileOf = (type: string): string => type.replace(/^aws_/, '').replaceAll('_', '-');

/** `argument: { value: …, isBlock: …, type: "…", storageClassType: "…" }` */
const entry =
  /^ +"?(\w+)"?: \{\n +value: (.*),\n +isBlock: (true|false),\n +type: "(\w+)",\n +storageClassType: "(\w+)",$/gm;
/** `// name - computed: …, optional: …, required: …` */
const property = /^ +\/\/ (\w+) - computed: (true|false), optional: (true|false), required: (true|false)$/gm;

const readBindings = (text: string): BlockSchema => {
  const structs = new Map(
    [...text.matchAll(/^function (\w+)ToHclTerraform\(struct\) \{$([^]*?)^\}$/gm)].map(
      ([, name = '', body = '']) => [name, body],
    ),
  );
  const classes = new Map(
    [...text.matchAll(/^class (\w+) extends \S+ \{$([^]*?)^\}$/gm)].map(([, name = '', body = '']) => [
      name,
      body,
    ]),
  );
  const main = [...classes.values()].at(-1) ?? '';
  const schemaOf = (entries: string, members: string): BlockSchema => {
    const attributes = new Map<string, AttributeSchema>();
    const blocks = new Map<string, NestedSchema>();
    const required = new Set<string>();
    for (const [, name = '', computed, optional, needed] of members.matchAll(property)) {
      if (needed === 'true') required.add(name);
      const readOnly = computed === 'true' && optional === 'false' && needed === 'false';
      attributes.set(name, { type: anything, required: needed === 'true', readOnly });
    }
    for (const [, name = '', value = '', isBlock, kind, storage = ''] of entries.matchAll(entry)) {
      const struct = /(\w+)ToHclTerraform\b/.exec(value.replace(/cdktn\.\w+/g, ''))?.[1];
      const inner = struct === undefined ? undefined : structs.get(struct);
      if (isBlock === 'false' || struct === undefined || inner === undefined) {
        attributes.set(name, {
          type: typeOf(storage),
          required: required.has(name),
          readOnly: false,
        });
        continue;
      }
      const output = `${struct[0]?.toUpperCase() ?? ''}${struct.slice(1)}OutputReference`;
      const mapped = /listMapperHcl\(\w+, (true|false)\)/.exec(value)?.[1];
      attributes.delete(name);
      blocks.set(name, {
        schema: schemaOf(inner, classes.get(output) ?? ''),
        required: required.has(name),
        many: mapped !== undefined,
        orAttribute: mapped === 'false' || kind === 'struct',
      });
    }
    return { attributes, blocks };
  };
  const start = main.indexOf('synthesizeHclAttributes()');
  return schemaOf(main.slice(start), main.slice(0, start));
};

const typeOf = (storage: string): Type => {
  switch (storage) {
    case 'string':
    case 'number':
      return { is: storage };
    case 'boolean':
      return { is: 'bool' };
    case 'stringList':
      return { is: 'list', of: { is: 'string' } };
    case 'numberList':
      return { is: 'list', of: { is: 'number' } };
    case 'stringMap':
      return { is: 'map', of: { is: 'string' } };
    default:
      return anything;
  }
};
