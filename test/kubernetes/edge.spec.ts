import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { readConfig } from '../../src/app/config.js';
import { httpAdapter } from '../../src/app/http-adapter.js';
import {
  environmentOf,
  hasKubectl,
  type Labels,
  type Manifest,
  render,
  type Workload,
  workloadsOf,
} from '../../stack/kubernetes/manifests.js';

/** Between the load balancer and the pods: who may ask, how, and how long each of them waits for the other. */

const tested = hasKubectl ? it : it.skip;
const name = 'alb.ingress.kubernetes.io';

const attributesOf = (annotations: Labels, of: string): Labels =>
  Object.fromEntries(
    (annotations[`${name}/${of}`] ?? '').split(',').map((each): [string, string] => {
      const [key = '', value = ''] = each.split('=');
      return [key, value];
    }),
  );

describe.each(['dev', 'staging', 'prod'])('The edge of %s', (overlay) => {
  let manifests: readonly Manifest[] = [];
  let apis: readonly Workload[] = [];
  let ingress: Manifest | undefined;

  beforeAll(() => {
    if (!hasKubectl) return;
    manifests = render(overlay);
    apis = workloadsOf(manifests, 'Deployment').filter(({ name }) => name.endsWith('-api'));
    ingress = manifests.find(({ kind }) => kind === 'Ingress');
  });

  tested('is the load balancer of AWS, which sends to the pods themselves', () => {
    const namespace = manifests.find(({ kind }) => kind === 'Namespace')?.metadata.labels;
    expect({
      ...z.looseObject({ ingressClassName: z.string() }).parse(ingress?.['spec']),
      annotations: ingress?.metadata.annotations,
      namespace,
    }).toMatchObject({
      ingressClassName: 'alb',
      annotations: { [`${name}/target-type`]: 'ip', [`${name}/backend-protocol`]: 'HTTP' },
      namespace: { 'elbv2.k8s.aws/pod-readiness-gate-inject': 'enabled' },
    });
  });

  tested('waits less than a pod does, when it leaves and when nothing is said', () => {
    const { annotations = {} } = ingress?.metadata ?? {};
    const deregistration = attributesOf(annotations, 'target-group-attributes')[
      'deregistration_delay.timeout_seconds'
    ];
    const idle = attributesOf(annotations, 'load-balancer-attributes')['idle_timeout.timeout_seconds'];
    expect(apis).toHaveLength(7);
    for (const api of apis) {
      const config = readConfig({ ...environmentOf(manifests, api), NODE_ENV: 'development' });
      const { sleep } = api.container.lifecycle?.preStop ?? { sleep: { seconds: 0 } };
      const { keepAliveTimeout } = httpAdapter(config).getInstance().server;
      expect({
        name: api.name,
        leaves: Number(deregistration) < sleep.seconds + config.SHUTDOWN_TIMEOUT_MS / 1_000,
        idle: Number(idle) * 1_000 < keepAliveTimeout,
      }).toEqual({ name: api.name, leaves: true, idle: true });
    }
  });

  tested('is the one network of TRUST_PROXY, wherever a policy names a network', () => {
    const proxies = apis.map((api) => environmentOf(manifests, api)['TRUST_PROXY']);
    const blocks = manifests
      .filter(({ kind, metadata }) => kind === 'NetworkPolicy' && byNetwork.includes(metadata.name))
      .flatMap(({ spec }) => [...JSON.stringify(spec).matchAll(/"cidr":"([^"]+)"/g)])
      .map(([, cidr]) => cidr)
      .filter((cidr) => cidr !== '169.254.170.23/32');
    const [proxy] = proxies;
    expect(z.cidrv4().safeParse(proxy).error?.issues ?? []).toEqual([]);
    expect([...new Set(proxies), ...new Set(blocks)]).toEqual([proxy, proxy]);
  });

  if (overlay !== 'dev') {
    tested('speaks TLS, and sends who does not to where it does', () => {
      expect(ingress?.metadata.annotations).toMatchObject({
        [`${name}/listen-ports`]: '[{"HTTP":80},{"HTTPS":443}]',
        [`${name}/ssl-redirect`]: '443',
        [`${name}/ssl-policy`]: expect.stringMatching(/^ELBSecurityPolicy-TLS13-/),
      });
      const { tls } = z
        .looseObject({ tls: z.tuple([z.object({ hosts: z.tuple([z.string()]) })]) })
        .parse(ingress?.['spec']);
      const settings = readFileSync(`deploy/k8s/overlays/${overlay}/settings/edge.env`, 'utf8');
      expect(tls[0].hosts[0]).toBe(/^API_HOST=(.+)$/m.exec(settings)?.[1]);
    });
  }
});

const byNetwork = ['requests', 'managed-engines'];
