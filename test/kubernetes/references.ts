import { z } from 'zod';
import {
  environmentOf,
  type Labels,
  type Manifest,
  selector,
  selects,
  told,
} from '../../stack/kubernetes/manifests.js';

/** What an object names must be there, or it waits for it for ever, or leads nowhere without a word. */

const named = z.looseObject({ name: z.string(), key: z.string().optional() });
const kinded = z.looseObject({ kind: z.string().default('Deployment'), name: z.string() });
const items = z.array(z.looseObject({ key: z.string(), path: z.string() })).optional();
const labels = z.record(z.string(), z.string());

const template = z.object({
  metadata: z.object({ labels }),
  spec: z.looseObject({
    topologySpreadConstraints: z.array(z.looseObject({ labelSelector: selector })).default([]),
    containers: z.array(
      told.extend({
        ports: z.array(z.looseObject({ name: z.string(), containerPort: z.number() })).default([]),
        volumeMounts: z.array(z.looseObject({ name: z.string(), mountPath: z.string() })).default([]),
      }),
    ),
    volumes: z
      .array(
        z.looseObject({
          name: z.string(),
          secret: z.looseObject({ items }).optional(),
          configMap: z.looseObject({ items }).optional(),
        }),
      )
      .default([]),
  }),
});
const workload = z.looseObject({
  replicas: z.number().optional(),
  selector: selector.optional(),
  template,
  volumeClaimTemplates: z.array(z.object({ metadata: z.object({ name: z.string() }) })).default([]),
});
const service = z.looseObject({
  selector: labels,
  ports: z.array(
    z.looseObject({ name: z.string(), port: z.number(), targetPort: z.union([z.string(), z.number()]) }),
  ),
});
const budget = z.looseObject({
  selector,
  maxUnavailable: z.number().optional(),
  minAvailable: z.number().optional(),
});
const scaler = z.looseObject({
  scaleTargetRef: kinded,
  minReplicas: z.number().optional(),
  minReplicaCount: z.number().optional(),
});
const monitor = z.looseObject({ selector, endpoints: z.array(z.looseObject({ port: z.string() })) });
const peer = z.looseObject({ namespaceSelector: selector.optional(), podSelector: selector.optional() });
const policyPorts = z.array(z.looseObject({ port: z.union([z.string(), z.number()]) })).default([]);
const policy = z.looseObject({
  podSelector: selector,
  ingress: z.array(z.looseObject({ from: z.array(peer).default([]), ports: policyPorts })).default([]),
  egress: z.array(z.looseObject({ to: z.array(peer).default([]), ports: policyPorts })).default([]),
});
const backend = z.looseObject({
  service: z.object({
    name: z.string(),
    port: z.object({ name: z.string().optional(), number: z.number().optional() }),
  }),
});

const objectOf = (value: unknown): object | undefined =>
  typeof value === 'object' && value !== null ? value : undefined;

/** The values of a field, wherever it is. */
const fieldsOf = (value: unknown, name: string): readonly unknown[] =>
  Object.entries(objectOf(value) ?? {}).flatMap(([key, each]: [string, unknown]) => [
    ...(key === name ? [each] : []),
    ...fieldsOf(each, name),
  ]);

const keysOf = (value: unknown): readonly string[] => Object.keys(objectOf(value) ?? {});

/** The objects that there are once the operators have done their work, with the keys of those that have some. */
const madeBy = (manifest: Manifest): readonly (readonly [string, readonly string[]])[] => {
  const { kind, metadata } = manifest;
  const spec = manifest['spec'];
  const itself = [`${kind} ${metadata.name}`, keysOf(manifest['data'])] as const;
  if (kind === 'ExternalSecret') {
    const { target, data } = z
      .object({ target: named, data: z.array(z.looseObject({ secretKey: z.string() })) })
      .parse(spec);
    return [itself, [`Secret ${target.name}`, data.map(({ secretKey }) => secretKey)]];
  }
  if (kind === 'Certificate') {
    const { secretName } = z.looseObject({ secretName: z.string() }).parse(spec);
    return [itself, [`Secret ${secretName}`, ['ca.crt', 'tls.crt', 'tls.key']]];
  }
  return [itself];
};

/** Everything that a field of this name refers to, wherever it is. */
const referencesOf = (
  manifest: Manifest,
): readonly { readonly target: string; readonly keys: readonly string[] }[] => {
  const all = (field: string): readonly unknown[] => fieldsOf(manifest['spec'], field);
  const toNamed = (kind: string, ...fields: readonly string[]) =>
    fields
      .flatMap(all)
      .map((each) => named.parse(each))
      .map(({ name, key }) => ({ target: `${kind} ${name}`, keys: key === undefined ? [] : [key] }));
  const toKinded = (...fields: readonly string[]) =>
    fields
      .flatMap(all)
      .map((each) => kinded.parse(each))
      .map(({ kind, name }) => ({ target: `${kind} ${name}`, keys: [] }));
  const toText = (kind: string, ...fields: readonly string[]) =>
    fields
      .flatMap(all)
      .map((each) => z.string().parse(each))
      .map((name) => ({ target: `${kind} ${name}`, keys: [] }));
  const toFiles = (kind: string, field: string) =>
    all(field)
      .map((each) =>
        z
          .looseObject({
            secretName: z.string().optional(),
            name: z.string().optional(),
            key: z.string().optional(),
            items,
          })
          .parse(each),
      )
      .map(({ secretName, name = secretName, key, items: files = [] }) => ({
        target: `${kind} ${name}`,
        keys: [...files.map((file) => file.key), ...(key === undefined ? [] : [key])],
      }));
  return [
    ...toNamed('Secret', 'secretRef', 'secretKeyRef'),
    ...toNamed('ConfigMap', 'configMapRef', 'configMapKeyRef'),
    ...toFiles('Secret', 'secret'),
    ...toFiles('ConfigMap', 'configMap'),
    ...(manifest.kind === 'Issuer' ? toFiles('Secret', 'ca') : []),
    ...toNamed('TriggerAuthentication', 'authenticationRef'),
    ...toKinded('secretStoreRef', 'issuerRef', 'scaleTargetRef', 'nodeClassRef'),
    ...toText('ServiceAccount', 'serviceAccountName'),
    ...toText('Service', 'serviceName'),
    ...toText('StorageClass', 'storageClassName'),
    ...toText('PersistentVolumeClaim', 'claimName'),
  ];
};

const clusterWide = ['StorageClass', 'EC2NodeClass'];
const withPods = ['Deployment', 'StatefulSet', 'Job'];

interface Pods extends z.infer<typeof workload> {
  readonly title: string;
  readonly namespace: string;
  readonly labels: Labels;
}

const isUnder = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);

/** What the containers of a workload name of itself: volumes, files, ports, the pods that it spreads and has. */
const ofItself = (manifests: readonly Manifest[], pods: Pods): readonly string[] => {
  const { spec } = pods.template;
  const volumes = new Map([
    ...pods.volumeClaimTemplates.map(({ metadata }) => [metadata.name, undefined] as const),
    ...spec.volumes.map(({ name, secret, configMap }) => [name, secret?.items ?? configMap?.items] as const),
  ]);
  const own = spec.topologySpreadConstraints.map(({ labelSelector }) => labelSelector);
  const selectors = pods.selector === undefined ? own : [pods.selector, ...own];
  const containers = spec.containers.flatMap((container) => {
    const { volumeMounts, ports } = container;
    const probed = ['httpGet', 'tcpSocket']
      .flatMap((field) => fieldsOf(container, field))
      .map((each) => z.looseObject({ port: z.union([z.string(), z.number()]) }).parse(each).port);
    const isFile = (path: string): boolean =>
      volumeMounts.some(({ name, mountPath }) => {
        const files = volumes.get(name);
        return (
          isUnder(path, mountPath) &&
          (path === mountPath || (files?.some((file) => path === `${mountPath}/${file.path}`) ?? true))
        );
      });
    return [
      ...volumeMounts.filter(({ name }) => !volumes.has(name)).map(({ name }) => `mounts ${name}`),
      ...Object.entries(environmentOf(manifests, { container }))
        .filter(([, value]) => value.startsWith('/') && !isFile(value))
        .map(([name, value]) => `${name} is ${value}, in no volume`),
      ...probed
        .filter((port) => !ports.some(({ name, containerPort }) => [name, containerPort].includes(port)))
        .map((port) => `is probed at ${port}`),
    ];
  });
  return [
    ...selectors
      .filter((each) => !selects(each, pods.labels))
      .map((each) => `selects other pods than its own by ${JSON.stringify(each.matchLabels)}`),
    ...containers,
  ];
};

/** What a policy of the network, a Service, a budget or a monitor selects, and the ports that it names there. */
const selected = (
  manifest: Manifest,
  pods: readonly Pods[],
  manifests: readonly Manifest[],
): readonly string[] => {
  const { kind, metadata } = manifest;
  const spec = manifest['spec'];
  const namespace = metadata.namespace ?? '';
  const here = pods.filter((each) => each.namespace === namespace);
  const of = (by: z.infer<typeof selector>, among = here) =>
    among.filter(({ labels }) => selects(by, labels));
  const nothing = (found: readonly unknown[], what: string): readonly string[] =>
    found.length === 0 ? [`selects nothing ${what}`] : [];
  const portless = (found: readonly Pods[], port: string | number): readonly string[] =>
    found
      .filter(
        ({ template }) =>
          !template.spec.containers.some(({ ports }) =>
            ports.some(({ name, containerPort }) => [name, containerPort].includes(port)),
          ),
      )
      .map(({ title }) => `leads to ${port}, which ${title} has not`);
  switch (kind) {
    case 'Service': {
      const { selector: matchLabels, ports } = service.parse(spec);
      const found = of({ matchLabels, matchExpressions: [] });
      return [
        ...nothing(found, 'by its labels'),
        ...ports.flatMap(({ targetPort }) => portless(found, targetPort)),
      ];
    }
    case 'StatefulSet': {
      const { serviceName } = z.looseObject({ serviceName: z.string() }).parse(spec);
      const itself = here.filter(({ title }) => title === `StatefulSet ${metadata.name}`);
      const governing = manifests
        .filter((each) => each.kind === 'Service' && each.metadata.namespace === metadata.namespace)
        .filter((each) => each.metadata.name === serviceName)
        .map((each) =>
          of({ matchLabels: service.parse(each['spec']).selector, matchExpressions: [] }, itself),
        );
      return governing.some((each) => each.length === 0)
        ? [`has a Service ${serviceName} of other pods`]
        : [];
    }
    case 'PodDisruptionBudget': {
      const { selector: by, maxUnavailable, minAvailable } = budget.parse(spec);
      const found = of(by);
      const replicas = found.map((each) => replicasOf(each, manifests));
      const letsGo =
        maxUnavailable === undefined
          ? minAvailable !== undefined && replicas.every((count) => minAvailable > 0 && minAvailable < count)
          : maxUnavailable === 1;
      return [
        ...nothing(found, 'by its labels'),
        ...(letsGo ? [] : ['lets go of none, or of more than one']),
      ];
    }
    case 'ServiceMonitor': {
      const { selector: by, endpoints } = monitor.parse(spec);
      const services = manifests
        .filter((each) => each.kind === 'Service' && (each.metadata.namespace ?? '') === namespace)
        .filter((each) => selects(by, each.metadata.labels))
        .map((each) => service.parse(each['spec']));
      return [
        ...nothing(services, 'by its labels'),
        ...endpoints
          .filter(({ port }) => services.some(({ ports }) => !ports.some(({ name }) => name === port)))
          .map(({ port }) => `reads ${port}, which its Service has not`),
      ];
    }
    case 'NetworkPolicy': {
      const { podSelector, ingress, egress } = policy.parse(spec);
      const found = of(podSelector);
      const peers = [...ingress.flatMap(({ from }) => from), ...egress.flatMap(({ to }) => to)].flatMap(
        ({ podSelector: by, namespaceSelector }) => {
          const there = namespaceSelector?.matchLabels['kubernetes.io/metadata.name'] ?? namespace;
          const among = pods.filter((each) => each.namespace === there);
          // What is in other namespaces is not all of these manifests.
          return by === undefined || among.length === 0
            ? []
            : nothing(of(by, among), `by ${JSON.stringify(by.matchLabels)}`);
        },
      );
      const ports = ingress.flatMap((each) => each.ports.map(({ port }) => port));
      return [
        ...nothing(found, 'by its labels'),
        ...peers,
        ...ports.flatMap((port) => portless(found, port)),
      ];
    }
    case 'Ingress':
      return fieldsOf(spec, 'backend')
        .map((each) => backend.parse(each).service)
        .filter(({ name, port }) => {
          const to = manifests.find(
            (each) =>
              each.kind === 'Service' &&
              each.metadata.name === name &&
              (each.metadata.namespace ?? '') === namespace,
          );
          return !(
            to &&
            service
              .parse(to['spec'])
              .ports.some((each) => [each.name, each.port].includes(port.name ?? port.number ?? ''))
          );
        })
        .map(({ name, port }) => `leads to ${port.name ?? port.number} of ${name}, which there is not`);
    default:
      return [];
  }
};

/** The fewest that there are at work. */
const replicasOf = ({ title, namespace, replicas = 1 }: Pods, manifests: readonly Manifest[]): number => {
  const scalers = manifests
    .filter(({ kind }) => kind === 'HorizontalPodAutoscaler' || kind === 'ScaledObject')
    .filter(({ metadata }) => (metadata.namespace ?? '') === namespace)
    .map((each) => scaler.parse(each['spec']))
    .filter(({ scaleTargetRef: { kind, name } }) => title === `${kind} ${name}`);
  return scalers.reduce((fewest, each) => each.minReplicas ?? each.minReplicaCount ?? fewest, replicas);
};

/** What does not lead to anything that is there, over all that is applied to one cluster. */
export const dangling = (manifests: readonly Manifest[]): readonly string[] => {
  const placeOf = (kind: string | undefined, namespace: string): string =>
    clusterWide.includes(kind ?? '') ? '' : namespace;
  const made = new Map(
    manifests.flatMap((manifest) =>
      madeBy(manifest).map(([title, keys]) => [
        `${placeOf(manifest.kind, manifest.metadata.namespace ?? '')}/${title}`,
        keys,
      ]),
    ),
  );
  const pods = manifests
    .filter(({ kind }) => withPods.includes(kind))
    .map((manifest): Pods => {
      const { kind, metadata } = manifest;
      const parsed = workload.parse(manifest['spec']);
      return {
        ...parsed,
        title: `${kind} ${metadata.name}`,
        namespace: metadata.namespace ?? '',
        labels: parsed.template.metadata.labels,
      };
    });
  return manifests.flatMap((manifest) => {
    const { kind, metadata } = manifest;
    const title = `${kind} ${metadata.name}`;
    const namespace = metadata.namespace ?? '';
    const missing = referencesOf(manifest).flatMap(({ target, keys }) => {
      const there = made.get(`${placeOf(target.split(' ', 1)[0], namespace)}/${target}`);
      if (there === undefined) return [`names ${target}, which there is not`];
      return keys
        .filter((key) => !there.includes(key))
        .map((key) => `names ${key} of ${target}, which has it not`);
    });
    const inPods = pods.filter((each) => each.title === title && each.namespace === namespace);
    return [
      ...missing,
      ...inPods.flatMap((each) =>
        ofItself(
          manifests.filter((other) => (other.metadata.namespace ?? '') === namespace),
          each,
        ),
      ),
      ...selected(manifest, pods, manifests),
    ].map((what) => `${title}: ${what}`);
  });
};
