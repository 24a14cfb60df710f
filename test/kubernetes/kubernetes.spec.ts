import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { type Config, readConfig, roles, services, settingNames } from '../../src/app/config.js';
import { serviceParts } from '../../src/app/services.js';
import { subscription, subscriptions } from '../../src/consumers/subscriptions.js';
import {
  environmentOf,
  hasKubectl,
  type Labels,
  type Manifest,
  render,
  secretNames,
  selector,
  selects,
  type Workload,
  workloadsOf,
} from '../../stack/kubernetes/manifests.js';
import { readSettings } from '../../stack/settings.js';
import { type End, networkOf } from './network.js';
import { complaints } from './schemas.js';

const tested = hasKubectl ? it : it.skip;
const overlays = ['dev', 'staging', 'prod'] as const;

const rendered = new Map<string, readonly Manifest[]>();
const manifestsOf = (overlay: string): readonly Manifest[] => {
  const manifests = rendered.get(overlay) ?? render(overlay);
  rendered.set(overlay, manifests);
  return manifests;
};
const namesOf = (manifests: readonly Manifest[], kind: string): readonly string[] =>
  manifests.filter((each) => each.kind === kind).map(({ metadata }) => metadata.name);

/** These are for one machine, for tests, or for what the program is not in Kubernetes; the others are set. */
const leftAlone = [
  // The embedded engines'.
  'DATA_DIR',
  'REGISTRY_PORT',
  // MSK asks for neither.
  'KAFKA_USERNAME',
  'KAFKA_PASSWORD',
  // Whose environment has topics of its own needs none.
  'KAFKA_PREFIX',
  // A registry has either a name or a token.
  'SCHEMA_REGISTRY_TOKEN',
  // The collector is inside.
  'OTEL_EXPORTER_OTLP_HEADERS',
  'OTEL_SERVICE_NAME',
  // The migrations are a step of their own, and there is no demo.
  'DEPLOY_ON_START',
  'SEED_DEMO',
  // For trying things out.
  'DEV_ISSUER',
  'FAULT_POINT',
  'SIMULATED_SLOW_ANSWER_MS',
  'SIMULATED_CARRIER_PAUSE_MS',
  // Where the issuer's discovery document says, and as most issuers name them.
  'OIDC_JWKS_URL',
  'OIDC_ROLES_CLAIM',
  'OIDC_CUSTOMER_CLAIM',
  'OIDC_CLOCK_TOLERANCE_SECONDS',
  // The defaults are the shop's rules, and the limits of a process of the size that all have.
  'RESERVATION_TTL_SECONDS',
  'AUTHORISATION_TIMEOUT_SECONDS',
  'CONSISTENCY_TIMEOUT_MS',
  'UNPUBLISHABLE_EVENTS',
  'VERIFY_EVERY_SECONDS',
  'CONSUMER_ATTEMPTS',
  'CONSUMER_FIRST_PAUSE_MS',
  'RATE_LIMIT_PER_SECOND',
  'RATE_LIMIT_SERVICE_PER_SECOND',
  'RATE_LIMIT_REFUSED_PER_SECOND',
  'RATE_LIMIT_BURST_SECONDS',
  'REQUESTS_IN_HAND_MAX',
  'REQUESTS_WAITING_MAX',
  'REQUESTS_WAIT_MS',
  'BODIES_MAX_BYTES',
  'CONNECTIONS_MAX',
  'BODY_LIMIT_BYTES',
  'LIVE_STREAMS_OF_ONE_MAX',
];

/** Read by Node.js itself. */
const ofNode = ['NODE_EXTRA_CA_CERTS'];

/** Kafka's logins by KEDA's names: the mechanism, and where its token is from. */
const ofKeda: Readonly<Record<Config['KAFKA_SASL'], readonly (string | undefined)[]>> = {
  none: [undefined, undefined],
  plain: ['plaintext', undefined],
  'scram-sha-256': ['scram_sha256', undefined],
  'scram-sha-512': ['scram_sha512', undefined],
  'aws-msk-iam': ['oauthbearer', 'aws_msk_iam'],
};

const restricted = {
  pod: {
    runAsNonRoot: true,
    runAsUser: 10_001,
    runAsGroup: 10_001,
    seccompProfile: { type: 'RuntimeDefault' },
  },
  container: {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  },
};

describe('The manifests', () => {
  tested('hold nothing that Kubernetes and the operators refuse or do not know', async () => {
    const clusters = overlays.map((overlay) => `../cluster/${overlay}`);
    const all = [...overlays, 'eventstoredb', 'schema-registry', ...clusters].flatMap(manifestsOf);
    const different = new Map(all.map((manifest) => [JSON.stringify(manifest), manifest]));
    expect(await complaints([...different.values()])).toEqual([]);
  });

  it('are refused for a field that there is not, one that is missing, and one of another type', async () => {
    const metadata = { name: 'wrong', labels: {}, annotations: {} };
    const wrong: readonly Manifest[] = [
      { apiVersion: 'v1', kind: 'Service', metadata, spec: { portz: [] } },
      { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata, spec: { maxUnavailable: {} } },
      { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', metadata, spec: { triggers: [] } },
    ];
    expect(await complaints(wrong)).toEqual([
      expect.stringMatching(/^PodDisruptionBudget wrong: .*maxUnavailable must be string/),
      expect.stringMatching(/^ScaledObject wrong: .*required property scaleTargetRef/),
      expect.stringMatching(/^Service wrong: .*portz/),
      expect.stringMatching(/^PodDisruptionBudget wrong: .*IIntOrString/),
      expect.stringMatching(/^ScaledObject wrong: .*scaleTargetRef/),
    ]);
  });
});

describe.each(overlays)('The overlay %s', (overlay) => {
  let manifests: readonly Manifest[] = [];
  let deployments: readonly Workload[] = [];
  let jobs: readonly Workload[] = [];

  beforeAll(() => {
    if (!hasKubectl) return;
    manifests = manifestsOf(overlay);
    deployments = workloadsOf(manifests, 'Deployment');
    jobs = workloadsOf(manifests, 'Job');
  });

  const configOf = (workload: Workload) => {
    const environment = environmentOf(manifests, workload);
    const filled = secretNames(manifests, 'engines').map(
      (name) => [name, name === 'SMTP_URL' ? 'smtp://mail.shop.example:587' : 'secret'] as const,
    );
    return readConfig({ ...environment, ...Object.fromEntries(filled) });
  };

  tested('does each role for each service in one Deployment, and the bridge in one', () => {
    const parts = deployments.map((deployment) => {
      const { ROLES, SERVICES } = environmentOf(manifests, deployment);
      return { name: deployment.name, ROLES, SERVICES };
    });
    const pairs = services.flatMap((service) =>
      roles
        .filter((role) => role !== 'bridge')
        .map((role) => ({ name: `${service}-${role}`, ROLES: role, SERVICES: service })),
    );
    const byName = (one: { name: string }, other: { name: string }) => one.name.localeCompare(other.name);
    expect(parts.toSorted(byName)).toEqual(
      [...pairs, { name: 'bridge', ROLES: 'bridge', SERVICES: undefined }].toSorted(byName),
    );
  });

  tested(
    'tells the program nothing that it does not know, all that it wants, and uses no embedded engine',
    () => {
      for (const workload of [...deployments, ...jobs]) {
        const { name } = workload;
        const names = Object.keys(environmentOf(manifests, workload));
        const unknown = names.filter((each) => !settingNames.includes(each) && !ofNode.includes(each));
        const { EVENTSTORE_URL, KAFKA_BROKERS, SCHEMA_REGISTRY_URL, MONGODB_URL, SMTP_URL } =
          configOf(workload);
        const engines = [EVENTSTORE_URL, KAFKA_BROKERS, SCHEMA_REGISTRY_URL, MONGODB_URL, SMTP_URL];
        expect({ name, unknown, embedded: engines.filter((each) => each === undefined) }).toEqual({
          name,
          unknown: [],
          embedded: [],
        });
      }
    },
  );

  tested('rolls out without a gap, in the same way everywhere', () => {
    for (const { name, strategy, container, template } of deployments) {
      const { startupProbe, livenessProbe, readinessProbe } = container;
      expect({
        name,
        strategy,
        ports: container.ports,
        probes: [startupProbe, livenessProbe, readinessProbe].map((probe) => probe?.httpGet),
        spread: template.spec.topologySpreadConstraints.map(({ topologyKey }) => topologyKey),
      }).toEqual({
        name,
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
        ports: [
          { name: 'http', containerPort: 8080 },
          { name: 'ops', containerPort: 9100 },
        ],
        probes: [
          { path: '/health/live', port: 'http' },
          { path: '/health/live', port: 'http' },
          { path: '/health/ready', port: 'http' },
        ],
        spread: ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'],
      });
    }
  });

  tested('gives a start and a stop the time that the program takes for them', () => {
    for (const deployment of deployments) {
      const { name, container, template } = deployment;
      const config = configOf(deployment);
      const { PORT, HOST, OPS_PORT, OPS_HOST } = config;
      const { periodSeconds = 0, failureThreshold = 0 } = container.startupProbe ?? {};
      const grace = (template.spec.terminationGracePeriodSeconds ?? 0) * 1_000;
      const preStop = (container.lifecycle?.preStop.sleep.seconds ?? 0) * 1_000;
      expect({
        name,
        PORT,
        HOST,
        OPS_PORT,
        OPS_HOST,
        // It waits for engines, and then for what is to be deployed.
        start: periodSeconds * failureThreshold > 2 * config.ENGINES_WAIT_SECONDS,
        stop: preStop >= 10_000 && grace > preStop + config.SHUTDOWN_DRAIN_MS + config.SHUTDOWN_TIMEOUT_MS,
        // What is in hand has the first half of the stop.
        drain: config.SHUTDOWN_DRAIN_MS < config.SHUTDOWN_TIMEOUT_MS / 2,
      }).toEqual({
        name,
        PORT: 8080,
        HOST: '0.0.0.0',
        OPS_PORT: 9100,
        OPS_HOST: '0.0.0.0',
        start: true,
        stop: true,
        drain: true,
      });
    }
  });

  tested('gives the program no rights, and bounds for what it takes', () => {
    const accounts = namesOf(manifests, 'ServiceAccount');
    for (const { name, template, container } of [...deployments, ...jobs]) {
      const { serviceAccountName, automountServiceAccountToken, enableServiceLinks, securityContext } =
        template.spec;
      const { requests, limits } = container.resources;
      expect({
        name,
        serviceAccountName,
        automountServiceAccountToken,
        enableServiceLinks,
        pod: securityContext,
        container: container.securityContext,
        requests,
        limits,
      }).toEqual({
        name,
        serviceAccountName: name,
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        ...restricted,
        requests: { cpu: '100m', memory: '256Mi', 'ephemeral-storage': '16Mi' },
        limits: { cpu: '1', memory: '512Mi', 'ephemeral-storage': '64Mi' },
      });
      expect(accounts).toContain(name);
    }
    const enforced = manifests.find(({ kind }) => kind === 'Namespace')?.metadata.labels;
    expect(enforced).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'restricted' });
  });

  tested('runs one image everywhere', () => {
    const images = [...deployments, ...jobs].map(({ container }) => container.image);
    const { version } = z
      .object({ version: z.string() })
      .parse(JSON.parse(readFileSync('package.json', 'utf8')));
    expect([...new Set(images)]).toEqual([`order-processing-backend:${version}`]);
  });

  tested('migrates as `npm run deploy` does, in a Job', () => {
    const { scripts } = z
      .object({ scripts: z.object({ deploy: z.string() }) })
      .parse(JSON.parse(readFileSync('package.json', 'utf8')));
    expect(
      jobs.map(({ name, container, template }) => ({
        name,
        command: container.command?.join(' '),
        restartPolicy: template.spec['restartPolicy'],
      })),
      // Kubernetes counts the tries; a container that starts again in its pod would lose what the one before said.
    ).toEqual([{ name: 'migrations', command: scripts.deploy, restartPolicy: 'Never' }]);
  });

  tested(
    'selects the pods of each Deployment by it and by its budget of disruptions, and by no other',
    () => {
      const budgets = manifests
        .filter(({ kind }) => kind === 'PodDisruptionBudget')
        .map(({ metadata, spec }) => ({
          name: metadata.name,
          ...z.object({ maxUnavailable: z.number(), selector }).parse(spec),
        }));
      const found = deployments.map(({ name, labels }) => ({
        name,
        deployments: deployments
          .filter((each) => each.selector && selects(each.selector, labels))
          .map((each) => each.name),
        budgets: budgets
          .filter((each) => selects(each.selector, labels))
          .map((each) => [each.name, each.maxUnavailable]),
      }));
      expect(found).toEqual(
        deployments.map(({ name }) => ({ name, deployments: [name], budgets: [[name, 1]] })),
      );
    },
  );

  tested('sends the paths of every controller to the pods of its service, and no others', () => {
    const rule = z.object({
      http: z.object({
        paths: z.array(
          z.object({
            path: z.string(),
            pathType: z.literal('Prefix'),
            backend: z.object({
              service: z.object({ name: z.string(), port: z.object({ name: z.literal('http') }) }),
            }),
          }),
        ),
      }),
    });
    const ingresses = manifests.filter(({ kind }) => kind === 'Ingress');
    const paths = ingresses
      .flatMap(({ spec }) => z.object({ rules: z.array(rule) }).parse(spec).rules)
      .flatMap(({ http }) => http.paths);
    const targets = new Map(
      manifests
        .filter(({ kind }) => kind === 'Service')
        .map(({ metadata, spec }) => {
          const matchLabels = z.object({ selector: z.record(z.string(), z.string()) }).parse(spec).selector;
          const chosen = deployments.filter(({ labels }) =>
            selects({ matchLabels, matchExpressions: [] }, labels),
          );
          return [metadata.name, chosen.map(({ name }) => name)];
        }),
    );
    const routes = paths.map(({ path, backend }) => [path, targets.get(backend.service.name)]);
    const owned = services.flatMap((service) =>
      serviceParts[service].controllers.map((controller) => {
        const path = z.string().parse(Reflect.getMetadata('path', controller));
        return [`/${path}`, service] as const;
      }),
    );
    expect(Object.fromEntries(routes)).toEqual(
      Object.fromEntries(owned.map(([path, service]) => [path, [`${service}-api`]])),
    );
    expect(ingresses.map(({ metadata }) => metadata.annotations)).toEqual([
      expect.objectContaining({ 'alb.ingress.kubernetes.io/healthcheck-path': '/health/ready' }),
    ]);
  });

  tested('lets Prometheus read every process, as the job that the rules know', () => {
    const monitors = manifests
      .filter(({ kind }) => kind === 'ServiceMonitor')
      .map(({ spec }) =>
        z
          .object({
            selector,
            endpoints: z.array(z.object({ port: z.string(), path: z.string(), relabelings: z.unknown() })),
          })
          .parse(spec),
      );
    expect(monitors.map(({ endpoints }) => endpoints)).toEqual([
      [{ port: 'ops', path: '/metrics', relabelings: [{ targetLabel: 'job', replacement: 'commerce' }] }],
    ]);
    const read = manifests
      .filter(
        ({ kind, metadata }) =>
          kind === 'Service' && selects(monitors[0]?.selector ?? empty, metadata.labels),
      )
      .map(({ spec }) => z.object({ selector: z.record(z.string(), z.string()) }).parse(spec).selector);
    expect(
      read.map((matchLabels) =>
        deployments.filter(({ labels }) => selects({ matchLabels, matchExpressions: [] }, labels)),
      ),
    ).toEqual([deployments]);
    expect(namesOf(manifests, 'PrometheusRule')).toEqual(['order-processing-backend']);
    expect(namesOf(manifests, 'ConfigMap')).toContain('order-processing-dashboards');
  });

  tested('opens the network to what a process needs, and to nothing else', () => {
    const { reaches, isReachedBy } = networkOf(manifests);
    const inside: Labels = { 'app.kubernetes.io/part-of': 'order-processing' };
    for (const workload of [...deployments, ...jobs]) {
      const { name, labels } = workload;
      const config = configOf(workload);
      const isApi = labels['app.kubernetes.io/component'] === 'api';
      const mails = name === 'notification-process';
      const network = config.TRUST_PROXY?.[0]?.replace(/0\/16$/, '77') ?? '';
      const ends = enginesOf(config, manifests, network);
      const collector = collectorOf(config, manifests, network);
      const opened = {
        engines: ends.filter(({ end, port }) => !reaches(labels, end, { port })).map(({ host }) => host),
        names: askedBy(reaches, labels),
        traces: collector === undefined || reaches(labels, collector.end, collector),
        mail: reaches(labels, { address: '192.0.2.1' }, { port: 587 }),
        issuer: reaches(labels, { address: '192.0.2.1' }, { port: 443 }),
        anything: reaches(labels, { address: '192.0.2.1' }, { port: 80 }),
        instance: reaches(labels, { address: '169.254.169.254' }, { port: 80 }),
        requests: isReachedBy(labels, { address: network }, { port: 8080, name: 'http' }),
        ofStrangers: isReachedBy(labels, { address: '192.0.2.1' }, { port: 8080, name: 'http' }),
        ofOthers: isReachedBy(labels, { labels: inside }, { port: 8080, name: 'http' }),
        metrics: isReachedBy(labels, { namespace: 'monitoring' }, { port: 9100, name: 'ops' }),
        metricsOfOthers: isReachedBy(labels, { namespace: 'default' }, { port: 9100, name: 'ops' }),
      };
      expect({ name, ...opened }).toEqual({
        name,
        engines: [],
        names: ['UDP', 'TCP'],
        // The migrations send none.
        traces: collector === undefined || name !== 'migrations',
        mail: mails,
        issuer: isApi,
        anything: false,
        instance: false,
        requests: isApi,
        ofStrangers: false,
        ofOthers: false,
        metrics: name !== 'migrations',
        metricsOfOthers: false,
      });
    }
    const stranger = { 'app.kubernetes.io/name': 'stranger' };
    expect([
      reaches(stranger, { address: '192.0.2.1' }, { port: 443 }),
      isReachedBy(stranger, { labels: inside }, { port: 80 }),
    ]).toEqual([false, false]);
  });

  if (overlay !== 'dev') {
    tested('has two of everything, by numbers or by what scales it', () => {
      const scaled = manifests
        .filter(({ kind }) => kind === 'HorizontalPodAutoscaler' || kind === 'ScaledObject')
        .map(({ spec }) => {
          const found = z
            .object({
              scaleTargetRef: z.object({ name: z.string() }),
              minReplicas: z.number().optional(),
              minReplicaCount: z.number().optional(),
            })
            .parse(spec);
          return [found.scaleTargetRef.name, (found.minReplicas ?? found.minReplicaCount ?? 0) >= 2];
        });
      const fixed = deployments
        .filter(({ replicas }) => replicas !== undefined)
        .map(({ name, replicas = 0 }) => [name, replicas >= 2]);
      const names = deployments.map(({ name }) => [name, true]);
      expect([...scaled, ...fixed].toSorted()).toEqual(names.toSorted());
    });

    tested('scales consumers by the lag of their groups, up to the partitions that there are', () => {
      const found = manifests
        .filter(({ kind }) => kind === 'ScaledObject')
        .map(({ spec }) =>
          z
            .object({
              scaleTargetRef: z.object({ name: z.string() }),
              maxReplicaCount: z.number(),
              triggers: z.array(z.object({ type: z.string(), metadata: z.record(z.string(), z.string()) })),
            })
            .parse(spec),
        );
      const config = (name: string) => {
        const deployment = deployments.find((each) => each.name === name);
        return deployment && configOf(deployment);
      };
      const groups = ['shipping', 'notification'] as const satisfies (keyof typeof subscriptions)[];
      expect(Object.keys(subscriptions).toSorted()).toEqual([...groups].toSorted());
      expect(
        found.map(({ scaleTargetRef, maxReplicaCount, triggers }) => ({
          name: scaleTargetRef.name,
          maxReplicaCount,
          triggers: triggers.map(({ type, metadata }) => ({
            type,
            group: metadata['consumerGroup'],
            topic: metadata['topic'],
            brokers: metadata['bootstrapServers']?.split(','),
            region: metadata['awsRegion'],
            tls: metadata['tls'],
            sasl: [metadata['sasl'], metadata['saslTokenProvider']],
          })),
        })),
      ).toEqual(
        groups.toSorted().map((group) => {
          const name = `${group}-process`;
          const {
            TOPIC_PARTITIONS,
            KAFKA_BROKERS,
            KAFKA_AWS_REGION,
            KAFKA_PREFIX = '',
            KAFKA_TLS = false,
            KAFKA_SASL = 'none',
          } = config(name) ?? {};
          return {
            name,
            maxReplicaCount: TOPIC_PARTITIONS,
            triggers: subscription(group)
              .topics.toSorted()
              .map((topic) => ({
                type: 'kafka',
                group: `${KAFKA_PREFIX}${group}`,
                topic: `${KAFKA_PREFIX}${topic}`,
                brokers: KAFKA_BROKERS,
                region: KAFKA_AWS_REGION,
                tls: KAFKA_TLS ? 'enable' : 'disable',
                sasl: ofKeda[KAFKA_SASL],
              })),
          };
        }),
      );
    });

    tested('is fit for production: an issuer, TLS everywhere that is outside of the cluster, logins', () => {
      const [deployment] = deployments;
      if (deployment === undefined) throw new Error('There is no Deployment.');
      const config = configOf(deployment);
      expect(config).toMatchObject({
        NODE_ENV: 'production',
        OIDC_ISSUER: expect.stringMatching(/^https:/),
        KAFKA_TLS: true,
        KAFKA_SASL: 'aws-msk-iam',
        KAFKA_REPLICATION_FACTOR: 3,
        KAFKA_MIN_INSYNC_REPLICAS: 2,
        KEYS_KMS_KEY_ID: expect.any(String),
        DEPLOY_ON_START: false,
        DEV_ISSUER: false,
        SIMULATED_CARRIER: false,
      });
      expect([config.EVENTSTORE_URL, config.MONGODB_URL]).not.toContainEqual(
        expect.stringMatching(/tls=false/),
      );
      expect(config.HSTS_SECONDS).toBeGreaterThan(0);
    });

    tested('knows every node of EventStoreDB by the name that its certificate has, and reaches it', () => {
      const cluster = manifestsOf('eventstoredb');
      const [nodes] = workloadsOf(cluster, 'StatefulSet');
      const [deployment] = deployments;
      if (nodes === undefined || deployment === undefined) throw new Error('One of them is missing.');
      const domain = 'eventstoredb.order-processing.svc.cluster.local';
      const names = Array.from(
        { length: nodes.replicas ?? 0 },
        (_, index) => `eventstoredb-${index}.${domain}`,
      );
      const { EVENTSTORE_URL } = configOf(deployment);
      expect(EVENTSTORE_URL).toBe(`esdb+discover://${names.map((name) => `${name}:2113`).join(',')}`);
      const of = Object.fromEntries(nodes.container.env.map(({ name, value }) => [name, value]));
      expect(of).toMatchObject({
        EVENTSTORE_CLUSTER_SIZE: String(names.length),
        EVENTSTORE_CLUSTER_DNS: domain,
        EVENTSTORE_NODE_HOST_ADVERTISE_AS: `$(NAME).${domain}`,
      });
      const certificates = cluster
        .filter(({ kind }) => kind === 'Certificate')
        .map(({ spec }) =>
          z.object({ commonName: z.string(), dnsNames: z.array(z.string()).optional() }).parse(spec),
        );
      expect(certificates).toContainEqual({
        commonName: 'eventstoredb-node',
        dnsNames: [domain, `*.${domain}`],
      });
      const { reaches, isReachedBy } = networkOf([...manifests, ...cluster]);
      const https = { port: 2113, name: 'https' };
      const replication = { port: 1112, name: 'replication' };
      const { labels } = nodes;
      expect({
        fromProgram:
          reaches(deployment.labels, { labels }, https) &&
          isReachedBy(labels, { labels: deployment.labels }, https),
        between: [https, replication].map((port) => isReachedBy(labels, { labels }, port)),
        replicationFromProgram: isReachedBy(labels, { labels: deployment.labels }, replication),
        outside: reaches(labels, { address: '192.0.2.1' }, { port: 443 }),
      }).toEqual({ fromProgram: true, between: [true, true], replicationFromProgram: false, outside: false });
      expect(nodes.container.securityContext).toEqual(restricted.container);
    });

    tested('knows the schema registry by its Service and path, and gets there as nobody else does', () => {
      const beside = manifestsOf('schema-registry');
      const [registry] = workloadsOf(beside, 'StatefulSet');
      if (registry === undefined) throw new Error('There is no schema registry.');
      const { labels, container, template } = registry;
      const service = beside.find(({ kind }) => kind === 'Service');
      const [port] = z
        .object({
          selector: z.record(z.string(), z.string()),
          ports: z.tuple([z.object({ port: z.number(), targetPort: z.literal('http') })]),
        })
        .parse(service?.['spec']).ports;
      const http = container.ports.find(({ name }) => name === 'http');
      // The policies see the port of the pod, not that of the Service.
      expect(http?.containerPort).toBe(port.port);
      const [deployment] = deployments;
      const { namespace } = service?.metadata ?? {};
      expect(deployment && configOf(deployment).SCHEMA_REGISTRY_URL).toBe(
        `http://${service?.metadata.name}.${namespace}:${port.port}/apis/ccompat/v7`,
      );
      const { isReachedBy, reaches } = networkOf(beside);
      const program = networkOf(manifests);
      const end = { port: port.port, name: 'http' };
      for (const workload of [...deployments, ...jobs]) {
        const { name } = workload;
        const isWay = program.reaches(workload.labels, { namespace: namespace ?? '', labels }, end);
        const from = { namespace: 'order-processing', labels: workload.labels };
        expect({ name, isWay, isLetIn: isReachedBy(labels, from, end) }).toEqual({
          name,
          isWay: true,
          isLetIn: true,
        });
      }
      const ofProgram = { 'app.kubernetes.io/part-of': 'order-processing' };
      expect({
        eventstoredb: isReachedBy(
          labels,
          { namespace: 'order-processing', labels: { 'app.kubernetes.io/part-of': 'eventstoredb' } },
          end,
        ),
        otherNamespace: isReachedBy(labels, { namespace: 'default', labels: ofProgram }, end),
        outside: isReachedBy(labels, { address: '192.0.2.1' }, end),
        management: isReachedBy(
          labels,
          { namespace: 'order-processing', labels: ofProgram },
          { port: 9000, name: 'management' },
        ),
        names: askedBy(reaches, labels),
        anything: reaches(labels, { address: '192.0.2.1' }, { port: 443 }),
        program: reaches(labels, { namespace: 'order-processing', labels: ofProgram }, { port: 8080 }),
      }).toEqual({
        eventstoredb: false,
        otherNamespace: false,
        outside: false,
        management: false,
        names: ['UDP', 'TCP'],
        anything: false,
        program: false,
      });
      expect(template.spec.securityContext).toMatchObject({ runAsNonRoot: true, fsGroup: 1_001 });
      expect(container.securityContext).toEqual(restricted.container);
    });
  }
});

describe('The engines', () => {
  const composed = z
    .object({ services: z.record(z.string(), z.object({ image: z.string() })) })
    .parse(parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true })).services;
  const nodesOf = (overlay: string) =>
    manifestsOf(overlay)
      .filter(({ kind }) => kind === 'StatefulSet')
      .map(({ metadata, spec }) => {
        const { replicas, template } = z
          .object({
            replicas: z.number(),
            template: z.object({
              spec: z.object({ containers: z.tuple([z.object({ image: z.string() })]) }),
            }),
          })
          .parse(spec);
        return { name: metadata.name, replicas, image: template.spec.containers[0].image };
      });

  tested('are for development the single nodes that docker-compose.yml has', () => {
    const names = ['eventstore', 'kafka', 'mailpit', 'mongodb', 'schema-registry'];
    expect(nodesOf('dev')).toEqual(
      names.map((name) => ({ name, replicas: 1, image: composed[name]?.image })),
    );
  });

  tested('are watched and bounded wherever they run', () => {
    const container = z.object({
      livenessProbe: z.looseObject({}),
      readinessProbe: z.looseObject({}),
      resources: z.object({
        requests: z.looseObject({ cpu: z.string(), memory: z.string() }),
        limits: z.looseObject({ cpu: z.string(), memory: z.string() }),
      }),
      securityContext: z.looseObject({
        allowPrivilegeEscalation: z.literal(false),
        capabilities: z.strictObject({ drop: z.tuple([z.literal('ALL')]) }),
      }),
    });
    const pod = z.looseObject({
      automountServiceAccountToken: z.literal(false),
      securityContext: z.looseObject({
        runAsNonRoot: z.literal(true),
        seccompProfile: z.strictObject({ type: z.literal('RuntimeDefault') }),
      }),
      containers: z.array(container),
    });
    const sets = ['dev', 'eventstoredb', 'schema-registry']
      .flatMap(manifestsOf)
      .filter(({ kind }) => kind === 'StatefulSet')
      .map(({ metadata, spec }) => {
        const { template } = z.object({ template: z.object({ spec: z.unknown() }) }).parse(spec);
        return { name: metadata.name, wrong: pod.safeParse(template.spec).error?.issues ?? [] };
      });
    expect(sets).toHaveLength(7);
    expect(sets.filter(({ wrong }) => wrong.length > 0)).toEqual([]);
  });

  tested('are in production three nodes of the same EventStoreDB', () => {
    expect(nodesOf('eventstoredb')).toEqual([
      { name: 'eventstoredb', replicas: 3, image: composed['eventstore']?.image },
    ]);
    expect([...nodesOf('staging'), ...nodesOf('prod')]).toEqual([]);
  });

  tested(
    'are in production the registry that the tests of real engines run, with its database in a file',
    () => {
      const { APICURIO_VERSION } = readSettings({ STACK_DIR: 'test/kubernetes/no-stack' });
      expect(nodesOf('schema-registry')).toEqual([
        { name: 'schema-registry', replicas: 1, image: `apicurio/apicurio-registry:${APICURIO_VERSION}` },
      ]);
      const [registry] = workloadsOf(manifestsOf('schema-registry'), 'StatefulSet');
      const database = registry?.container.env.find(({ name }) => name === 'APICURIO_DATASOURCE_URL')?.value;
      const [, options] = /jdbc:h2:file:\$\{.*\};(.*)`/.exec(readFileSync('stack/registry.ts', 'utf8')) ?? [];
      expect(options).toContain('WRITE_DELAY=0');
      expect(database).toBe(`jdbc:h2:file:/data/registry;${options}`);
    },
  );
});

describe('The settings', () => {
  tested('are all set by some manifest, or left alone on purpose', () => {
    const set = overlays.flatMap((overlay) => {
      const manifests = manifestsOf(overlay);
      return workloadsOf(manifests, 'Deployment').flatMap((workload) =>
        Object.keys(environmentOf(manifests, workload)),
      );
    });
    const told = [...new Set(set)].filter((name) => !ofNode.includes(name));
    expect([...told, ...leftAlone].toSorted()).toEqual([...settingNames].toSorted());
  });
});

const empty = { matchLabels: {}, matchExpressions: [] };

/** Where the engines of these settings are: pods beside the program, another namespace, or the network around the cluster. */
const enginesOf = (
  config: ReturnType<typeof readConfig>,
  manifests: readonly Manifest[],
  network: string,
): readonly { readonly host: string; readonly end: End; readonly port: number }[] => {
  const { EVENTSTORE_URL, KAFKA_BROKERS, SCHEMA_REGISTRY_URL, MONGODB_URL } = config;
  const addresses = [EVENTSTORE_URL, SCHEMA_REGISTRY_URL, MONGODB_URL]
    .flatMap(
      (url) =>
        (url ?? '')
          .replace(/^[^:]+:\/\//, '')
          .split(/[/?]/, 1)[0]
          ?.split(',') ?? [],
    )
    .concat(KAFKA_BROKERS ?? []);
  const engines = addresses.map((address) => {
    const [host = '', port = '27017'] = address.split(':');
    return { host, end: endOf(host, manifests, network), port: Number(port) };
  });
  const kms = { host: 'kms', end: { address: network }, port: 443 };
  const podIdentity = { host: 'pod-identity', end: { address: '169.254.170.23' }, port: 80 };
  return config.KEYS_KMS_KEY_ID === undefined ? engines : [...engines, kms, podIdentity];
};

/** The protocols in which these pods ask for names: long answers come by TCP only. */
const askedBy = (reaches: ReturnType<typeof networkOf>['reaches'], labels: Labels) => {
  const dns = { namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } };
  return (['UDP', 'TCP'] as const).filter((protocol) => reaches(labels, dns, { port: 53, protocol }));
};

/** Where spans are sent to. */
const collectorOf = (
  { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }: ReturnType<typeof readConfig>,
  manifests: readonly Manifest[],
  network: string,
) => {
  if (endpoint === undefined) return undefined;
  const { protocol, hostname, port } = new URL(endpoint);
  const usual = protocol === 'https:' ? 443 : 80;
  return { end: endOf(hostname, manifests, network), port: port === '' ? usual : Number(port) };
};

const endOf = (host: string, manifests: readonly Manifest[], network: string): End => {
  const [name = '', namespace] = host.replace(/^eventstoredb-\d\./, '').split('.');
  const isBeside = namespace === undefined || namespace === 'order-processing';
  if (name === 'eventstoredb' && isBeside) return { labels: { 'app.kubernetes.io/name': name } };
  if (host.includes('shop.example')) return { address: network };
  if (!isBeside) return { namespace };
  const service = manifests.find(({ kind, metadata }) => kind === 'Service' && metadata.name === name);
  return {
    labels: z.object({ selector: z.record(z.string(), z.string()) }).parse(service?.['spec']).selector,
  };
};
