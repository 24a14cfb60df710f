import { spawnSync } from 'node:child_process';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';

const labels = z.record(z.string(), z.string());
export type Labels = z.infer<typeof labels>;

const manifest = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    labels: labels.default({}),
    annotations: labels.default({}),
  }),
});
export type Manifest = z.infer<typeof manifest>;

const kubectl = process.env['KUBECTL'] ?? 'kubectl';
export const hasKubectl = spawnSync(kubectl, ['version', '--client']).status === 0;
if (!hasKubectl) {
  process.stderr.write(
    `SKIPPED, NOT PASSED: the manifests for Kubernetes. There is no ${kubectl}: install it, or name one in KUBECTL.\n`,
  );
}

/** @throws Error with what kustomize says */
export const render = (overlay: string, repository = '.'): readonly Manifest[] => {
  const folder = `${repository}/deploy/k8s/overlays/${overlay}`;
  const { status, stdout, stderr } = spawnSync(kubectl, ['kustomize', folder], {
    encoding: 'utf8',
    maxBuffer: 64 * 1_024 * 1_024,
  });
  if (status !== 0 || stderr !== '') throw new Error(`kubectl kustomize ${folder}: ${stderr}`);
  return parseAllDocuments(stdout).map((document) => manifest.parse(document.toJS()));
};

export const selector = z.strictObject({
  matchLabels: labels.default({}),
  matchExpressions: z
    .array(z.strictObject({ key: z.string(), operator: z.literal('In'), values: z.array(z.string()) }))
    .default([]),
});

export const selects = (
  { matchLabels, matchExpressions }: z.infer<typeof selector>,
  candidate: Labels,
): boolean =>
  Object.entries(matchLabels).every(([key, value]) => candidate[key] === value) &&
  matchExpressions.every(({ key, values }) => values.includes(candidate[key] ?? ''));

const probe = z.looseObject({
  httpGet: z.looseObject({ path: z.string(), port: z.string() }),
  periodSeconds: z.number(),
  timeoutSeconds: z.number(),
  failureThreshold: z.number(),
});
const amounts = z.strictObject({ cpu: z.string(), memory: z.string(), 'ephemeral-storage': z.string() });
/** Where a container has its environment from. */
export const told = z.looseObject({
  env: z.array(z.looseObject({ name: z.string(), value: z.string().optional() })).default([]),
  envFrom: z
    .array(
      z.union([
        z.strictObject({ configMapRef: z.strictObject({ name: z.string() }) }),
        z.strictObject({ secretRef: z.strictObject({ name: z.string() }) }),
      ]),
    )
    .default([]),
});
const container = told.extend({
  name: z.string(),
  image: z.string(),
  command: z.array(z.string()).optional(),
  ports: z.array(z.looseObject({ name: z.string(), containerPort: z.number() })).default([]),
  startupProbe: probe.optional(),
  livenessProbe: probe.optional(),
  readinessProbe: probe.optional(),
  lifecycle: z
    .strictObject({ preStop: z.strictObject({ sleep: z.strictObject({ seconds: z.number() }) }) })
    .optional(),
  resources: z.strictObject({ requests: amounts, limits: amounts }),
  securityContext: z.unknown().optional(),
});
const workload = z.object({
  replicas: z.number().optional(),
  strategy: z.unknown().optional(),
  selector: selector.optional(),
  template: z.object({
    metadata: z.object({ labels }),
    spec: z.looseObject({
      serviceAccountName: z.string(),
      automountServiceAccountToken: z.boolean(),
      enableServiceLinks: z.boolean(),
      terminationGracePeriodSeconds: z.number().optional(),
      securityContext: z.unknown().optional(),
      topologySpreadConstraints: z
        .array(z.looseObject({ topologyKey: z.string(), labelSelector: selector }))
        .default([]),
      containers: z.tuple([container]),
    }),
  }),
});

export interface Workload extends z.infer<typeof workload> {
  readonly name: string;
  readonly labels: Labels;
  readonly container: z.infer<typeof container>;
}

/** Of the program, or of EventStoreDB in production; the engines for development are not as strict. */
export const workloadsOf = (manifests: readonly Manifest[], kind: string): readonly Workload[] =>
  manifests
    .filter((each) => each.kind === kind)
    .map(({ metadata, spec }) => {
      const { template, ...rest } = workload.parse(spec);
      const { labels } = template.metadata;
      return { name: metadata.name, labels, container: template.spec.containers[0], template, ...rest };
    });

const dataOf = (manifests: readonly Manifest[], kind: string, name: string): Labels => {
  const found = manifests.find((each) => each.kind === kind && each.metadata.name === name);
  return labels.parse(found?.['data'] ?? {});
};

const external = z.object({
  target: z.object({ name: z.string() }),
  data: z.array(z.object({ secretKey: z.string() })),
});

/** The names in secrets that are filled from outside. */
export const secretNames = (manifests: readonly Manifest[], name: string): readonly string[] =>
  manifests
    .filter(({ kind }) => kind === 'ExternalSecret')
    .map(({ spec }) => external.parse(spec))
    .filter(({ target }) => target.name === name)
    .flatMap(({ data }) => data.map(({ secretKey }) => secretKey));

/** What its container is told, ConfigMaps and secrets looked up; those of secrets from outside have no value yet. */
export const environmentOf = (
  manifests: readonly Manifest[],
  { container }: { readonly container: z.infer<typeof told> },
): Labels => {
  const sources = container.envFrom.map((from): Labels => {
    if ('configMapRef' in from) return dataOf(manifests, 'ConfigMap', from.configMapRef.name);
    const { name } = from.secretRef;
    const fromOutside = secretNames(manifests, name).map((each) => [each, ''] as const);
    return { ...dataOf(manifests, 'Secret', name), ...Object.fromEntries(fromOutside) };
  });
  const own = container.env.map(({ name, value = '' }) => [name, value] as const);
  return Object.fromEntries([...sources.flatMap(Object.entries<string>), ...own]);
};
