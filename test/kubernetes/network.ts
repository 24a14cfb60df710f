import { BlockList, isIPv4 } from 'node:net';
import { z } from 'zod';
import { type Labels, type Manifest, selector, selects } from '../../stack/kubernetes/manifests.js';

const peer = z.union([
  z.strictObject({ ipBlock: z.strictObject({ cidr: z.string(), except: z.array(z.string()).default([]) }) }),
  z.strictObject({ namespaceSelector: selector.optional(), podSelector: selector.optional() }),
]);
const ports = z
  .array(
    z.strictObject({
      port: z.union([z.number(), z.string()]),
      endPort: z.number().optional(),
      protocol: z.enum(['TCP', 'UDP']).default('TCP'),
    }),
  )
  .optional();
const policy = z.strictObject({
  podSelector: selector,
  policyTypes: z.array(z.enum(['Ingress', 'Egress'])),
  ingress: z.array(z.strictObject({ from: z.array(peer), ports })).default([]),
  egress: z.array(z.strictObject({ to: z.array(peer), ports })).default([]),
});

/** Whoever is at the other end. */
export type End =
  | { readonly address: string }
  | { readonly namespace: string; readonly labels?: Labels }
  | { readonly labels: Labels };

/** A named port has both. */
export interface Port {
  readonly port: number;
  readonly name?: string;
  readonly protocol?: 'TCP' | 'UDP';
}

const isWithin = (address: string, cidr: string): boolean => {
  const [network = '', bits = ''] = cidr.split('/');
  if (!isIPv4(address)) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(bits));
  return list.check(address);
};

const isPeer = (rule: z.infer<typeof peer>, end: End): boolean => {
  if ('ipBlock' in rule) {
    const { cidr, except } = rule.ipBlock;
    return (
      'address' in end && isWithin(end.address, cidr) && !except.some((each) => isWithin(end.address, each))
    );
  }
  if ('address' in end) return false;
  const { namespaceSelector, podSelector } = rule;
  const isNamespace =
    'namespace' in end
      ? namespaceSelector !== undefined &&
        selects(namespaceSelector, { 'kubernetes.io/metadata.name': end.namespace })
      : namespaceSelector === undefined;
  return isNamespace && (podSelector === undefined || selects(podSelector, end.labels ?? {}));
};

const isPort = (rules: z.infer<typeof ports>, { port, name, protocol = 'TCP' }: Port): boolean =>
  rules === undefined ||
  rules.some(({ port: from, endPort, protocol: heeded }) => {
    if (heeded !== protocol) return false;
    return typeof from === 'string' ? from === name : from <= port && port <= (endPort ?? from);
  });

/** What the policies of the namespace allow, as Kubernetes reads them: without a policy for a pod, everything. */
export const networkOf = (manifests: readonly Manifest[]) => {
  const policies = manifests
    .filter(({ kind }) => kind === 'NetworkPolicy')
    .map(({ spec }) => policy.parse(spec));
  const allowed = (
    type: 'Ingress' | 'Egress',
    pod: Labels,
    rulesOf: (
      each: z.infer<typeof policy>,
    ) => readonly { peers: z.infer<typeof peer>[]; ports: z.infer<typeof ports> }[],
    end: End,
    port: Port,
  ): boolean => {
    const heeded = policies.filter(
      ({ policyTypes, podSelector }) => policyTypes.includes(type) && selects(podSelector, pod),
    );
    if (heeded.length === 0) return true;
    return heeded
      .flatMap(rulesOf)
      .some(({ peers, ports }) => peers.some((each) => isPeer(each, end)) && isPort(ports, port));
  };
  return {
    reaches: (pod: Labels, end: End, port: Port): boolean =>
      allowed(
        'Egress',
        pod,
        ({ egress }) => egress.map(({ to, ports }) => ({ peers: to, ports })),
        end,
        port,
      ),
    isReachedBy: (pod: Labels, end: End, port: Port): boolean =>
      allowed(
        'Ingress',
        pod,
        ({ ingress }) => ingress.map(({ from, ports }) => ({ peers: from, ports })),
        end,
        port,
      ),
  };
};
