import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { attribute, type Block, blocksOf, type Body, parseFolder } from './hcl.ts';
import { anything, parseType, type Type } from './types.ts';

/** What a module is given and gives. */
export interface Interface {
  readonly variables: ReadonlyMap<string, Variable>;
  readonly outputs: ReadonlySet<string>;
}

export interface Variable {
  readonly type: Type;
  readonly required: boolean;
}

/** The interfaces of modules from the registry, by source and version. They are written down, as `terraform init` needs the internet. */
const recordedSchema = z.record(
  z.string(),
  z.strictObject({
    variables: z.record(z.string(), z.strictObject({ type: z.string(), required: z.boolean() })),
    outputs: z.array(z.string()),
  }),
);

export type Recorded = z.infer<typeof recordedSchema>;

export const recordedName = (source: string, version: string): string => `${source}@${version}`;

export const readRecorded = (file: string): Recorded =>
  existsSync(file) ? recordedSchema.parse(JSON.parse(readFileSync(file, 'utf8'))) : {};

export const interfaceFrom = ({ variables, outputs }: Recorded[string]): Interface => ({
  variables: new Map(
    Object.entries(variables).map(([name, { type, required }]) => [
      name,
      { type: parseType(type), required },
    ]),
  ),
  outputs: new Set(outputs),
});

export const interfaceOf = (body: Body): Interface => ({
  variables: new Map(
    blocksOf(body, 'variable').map((block) => [block.labels[0] ?? '', variableOf(block)] as const),
  ),
  outputs: new Set(blocksOf(body, 'output').map(({ labels }) => labels[0] ?? '')),
});

const variableOf = ({ body }: Block): Variable => {
  const type = attribute(body, 'type');
  return {
    type: type === undefined ? anything : parseType(type.expression),
    required: attribute(body, 'default') === undefined,
  };
};

/** For the file of recorded interfaces. */
export const record = async (folder: string): Promise<Recorded[string]> => {
  const body = await parseFolder(folder, folder);
  return {
    variables: Object.fromEntries(
      blocksOf(body, 'variable').map(({ labels, body: inner }) => [
        labels[0] ?? '',
        {
          type: withoutComments(attribute(inner, 'type')?.expression ?? 'any'),
          required: attribute(inner, 'default') === undefined,
        },
      ]),
    ),
    outputs: blocksOf(body, 'output').map(({ labels }) => labels[0] ?? ''),
  };
};

/** Line ends separate the attributes of an object, so they become commas. */
const withoutComments = (type: string): string =>
  type
    .replace(/(?:#|\/\/).*$/gm, '')
    .replace(/\s*\n\s*/g, ', ')
    .replace(/([([{]), /g, '$1 ')
    .replace(/, ?(?=[)\]}])/g, ' ')
    .replace(/,[, ]+/g, ', ');

const installedSchema = z.object({
  Modules: z.array(z.object({ Source: z.string(), Version: z.string().optional(), Dir: z.string() })),
});

/** The modules that `terraform init` has put into a root, by the name under which they are recorded. */
export const installedModules = (root: string): ReadonlyMap<string, string> => {
  const file = join(root, '.terraform', 'modules', 'modules.json');
  if (!existsSync(file)) return new Map();
  const { Modules } = installedSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  return new Map(
    Modules.flatMap(({ Source, Version, Dir }) =>
      Version === undefined
        ? []
        : [
            [
              recordedName(Source.replace(/^registry\.terraform\.io\//, ''), Version),
              join(root, Dir),
            ] as const,
          ],
    ),
  );
};
