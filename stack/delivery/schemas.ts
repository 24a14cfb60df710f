import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { type Missing, unlessForged } from '../checks.ts';
import { cached } from '../downloads.ts';
import { hasGo } from './tools.ts';

/**
 * The schemas that kubeconform compares with: Kubernetes' own OpenAPI document and the operators' CustomResourceDefinitions, as
 * their projects publish them, in the sources that the Go module proxy has.
 */

interface Source {
  readonly module: string;
  readonly version: string;
  /** What `go mod download` says of the module: the one that was looked at. */
  readonly sum: string;
  readonly at: string;
}

/** The version that infra/terraform makes clusters of. */
const kubernetes: Source = {
  module: 'k8s.io/kubernetes',
  version: 'v1.34.1',
  sum: 'h1:F3p8dtpv+i8zQoebZeK5zBqM1g9x1aIdnA5vthvcuUk=',
  at: 'api/openapi-spec/swagger.json',
};

const operators: readonly Source[] = [
  {
    module: 'github.com/prometheus-operator/prometheus-operator',
    version: 'v0.85.0',
    sum: 'h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=',
    at: 'example/prometheus-operator-crd',
  },
  {
    module: 'github.com/kedacore/keda/v2',
    version: 'v2.21.0',
    sum: 'h1:R6z2HZvstK4RLUMxroNACzBj74xGxt3kG59b5Xc+Xps=',
    at: 'config/crd/bases',
  },
  {
    module: 'github.com/external-secrets/external-secrets',
    version: 'v1.3.2',
    sum: 'h1:u2J8RjlHIeF0oZCqtl92adI/uZWUwOesJIDkfql6LqQ=',
    at: 'config/crds/bases',
  },
  {
    module: 'github.com/cert-manager/cert-manager',
    version: 'v1.21.2',
    sum: 'h1:UWgoYM+KLNtRlqmoWOKjKBOBUPVHeepQ6/ac3ERJW68=',
    at: 'deploy/crds',
  },
  // The newest of which both parts can be had with Go 1.25.
  {
    module: 'sigs.k8s.io/karpenter',
    version: 'v1.8.0',
    sum: 'h1:AmTHUPtnuL8IX9mbcD3NOohyk62idrBCBtM+8Wn6Jvk=',
    at: 'pkg/apis/crds',
  },
  {
    module: 'github.com/aws/karpenter-provider-aws',
    version: 'v1.8.2',
    sum: 'h1:oSx4o/7myDNRGXL6YxfielfczQ/8lOYqL03LzfmdqW8=',
    at: 'pkg/apis/crds',
  },
];

/** Where kubeconform finds the schema of a kind, below the folder. */
export const location = '{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json';

export const schemas = async (): Promise<string | Missing> => {
  const versions = [kubernetes, ...operators].map(
    ({ module, version }) => `${basename(module.replace(/\/v\d+$/, ''))}-${version.slice(1)}`,
  );
  if (!hasGo()) return { missing: 'The schemas come from the Go module proxy: it needs Go (1.25 or newer).' };
  try {
    return await cached(`schemas-${versions.join('-')}`, (target) => {
      const modules = join(target, 'modules');
      try {
        writeSchemas(target, ofKubernetes(readFileSync(download(kubernetes, modules), 'utf8')));
        for (const operator of operators) {
          const folder = download(operator, modules);
          for (const file of readdirSync(folder).filter((each) => each.endsWith('.yaml')))
            writeSchemas(target, ofDefinitions(readFileSync(join(folder, file), 'utf8')));
        }
      } finally {
        rmSync(modules, { recursive: true, force: true });
      }
      return Promise.resolve();
    });
  } catch (failure) {
    return unlessForged(failure, 'The schemas come from the Go module proxy.');
  }
};

const downloaded = z.object({ Dir: z.string(), Sum: z.string() });

const download = ({ module, version, sum, at }: Source, modules: string): string => {
  const said = execFileSync('go', ['mod', 'download', '-json', `${module}@${version}`], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, GOMODCACHE: modules, GOFLAGS: '-modcacherw' },
  });
  const { Dir, Sum } = downloaded.parse(JSON.parse(said));
  if (Sum !== sum) throw new Error(`${module} is not what was expected: its sum is ${Sum}, not ${sum}.`);
  return join(Dir, at);
};

type Schemas = ReadonlyMap<string, unknown>;

const fileOf = (group: string, kind: string, version: string): string =>
  `${group === '' ? version : group}/${kind.toLowerCase()}_${version}.json`;

const writeSchemas = (target: string, found: Schemas): void => {
  for (const [name, schema] of found) {
    mkdirSync(dirname(join(target, name)), { recursive: true });
    writeFileSync(join(target, name), JSON.stringify(schema));
  }
};

const object = z.record(z.string(), z.unknown());

const openApi = z.object({
  definitions: z.record(
    z.string(),
    z.looseObject({
      'x-kubernetes-group-version-kind': z
        .array(z.object({ group: z.string(), version: z.string(), kind: z.string() }))
        .optional(),
    }),
  ),
});

/** Of every kind, with all that it refers to. */
export const ofKubernetes = (text: string): Schemas => {
  const { definitions } = openApi.parse(JSON.parse(text));
  const strict = Object.fromEntries(
    Object.entries(definitions).map(([name, schema]) => [name, special[name] ?? strictly(schema)]),
  );
  const found = new Map<string, unknown>();
  for (const [name, { 'x-kubernetes-group-version-kind': kinds = [] }] of Object.entries(definitions)) {
    const [kind] = kinds;
    // Those with more kinds are options of calls.
    if (kind === undefined || kinds.length > 1) continue;
    const needed = new Set([name]);
    for (const each of needed)
      for (const [, next = ''] of JSON.stringify(strict[each]).matchAll(/"#\/definitions\/([^"]+)"/g))
        needed.add(next);
    found.set(fileOf(kind.group, kind.kind, kind.version), {
      $ref: `#/definitions/${name}`,
      definitions: Object.fromEntries([...needed].map((each) => [each, strict[each]])),
    });
  }
  return found;
};

const stringOr = (other: string): unknown => ({ anyOf: [{ type: 'string' }, { type: other }] });

/** What is written in more ways than its schema says. */
const special: Readonly<Record<string, unknown>> = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': stringOr('number'),
};

const definition = z.object({
  kind: z.literal('CustomResourceDefinition'),
  spec: z.object({
    group: z.string(),
    names: z.object({ kind: z.string() }),
    versions: z.array(z.object({ name: z.string(), schema: z.object({ openAPIV3Schema: object }) })),
  }),
});

/** Of the kinds that a file of CustomResourceDefinitions defines. */
export const ofDefinitions = (text: string): Schemas => {
  const found = new Map<string, unknown>();
  for (const document of parseAllDocuments(text)) {
    const parsed = definition.safeParse(document.toJS());
    if (!parsed.success) continue;
    const { group, names, versions } = parsed.data.spec;
    for (const { name, schema } of versions)
      found.set(fileOf(group, names.kind, name), strictly(schema.openAPIV3Schema));
  }
  return found;
};

/**
 * As JSON Schema, without prose, that refuses what an object has beyond its properties: Kubernetes would drop it without a word.
 * What `anyOf` and the like say is said besides, and stays open.
 */
const strictly = (schema: unknown): unknown => {
  if (Array.isArray(schema)) return schema.map(strictly);
  const given = object.safeParse(schema);
  if (!given.success) return schema;
  const { description: _prose, properties, nullable, ...rest } = given.data;
  if (rest['x-kubernetes-int-or-string'] === true || rest['format'] === 'int-or-string')
    return stringOr('integer');
  const known = object.safeParse(properties);
  const open =
    rest['additionalProperties'] !== undefined || rest['x-kubernetes-preserve-unknown-fields'] === true;
  const strict = Object.fromEntries(
    Object.entries(rest).map(([name, each]) => [
      name,
      name === 'items' || name === 'additionalProperties' ? strictly(each) : each,
    ]),
  );
  return {
    ...strict,
    ...(nullable === true && typeof rest['type'] === 'string' ? { type: [rest['type'], 'null'] } : {}),
    ...(known.success
      ? {
          properties: Object.fromEntries(
            Object.entries(known.data).map(([name, each]) => [name, strictly(each)]),
          ),
          ...(open ? {} : { additionalProperties: false }),
        }
      : {}),
  };
};
