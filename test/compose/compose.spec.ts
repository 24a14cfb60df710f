import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { readConfig, roles, services as serviceNames, settingNames } from '../../src/app/config.js';
import { serviceParts } from '../../src/app/services.js';

const container = z.object({
  image: z.string(),
  profiles: z.array(z.string()),
  restart: z.enum(['unless-stopped', 'no']),
  environment: z.record(z.string(), z.string()).default({}),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  healthcheck: z.union([
    z.object({ test: z.array(z.string()).min(2), interval: z.string(), timeout: z.string() }),
    z.object({ disable: z.literal(true) }),
  ]),
  deploy: z.object({
    resources: z.object({
      limits: z.object({ cpus: z.string(), memory: z.string(), pids: z.number() }),
    }),
  }),
  user: z.string().optional(),
  read_only: z.boolean().default(false),
  cap_drop: z.array(z.string()).default([]),
  security_opt: z.array(z.string()),
});

const file = z
  .object({ services: z.record(z.string(), container), volumes: z.record(z.string(), z.null()) })
  .parse(parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true }));

const manifest = z
  .object({ version: z.string(), devDependencies: z.object({ node: z.string() }) })
  .parse(JSON.parse(readFileSync('package.json', 'utf8')));

const containers = Object.entries(file.services).map(([name, settings]) => ({ name, ...settings }));
const own = `order-processing-backend:${manifest.version}`;
const programs = containers.filter(({ image, name }) => image === own && name !== 'deploy');

describe('docker-compose.yml', () => {
  it.each(containers)('names a full version of the image of $name', ({ image }) => {
    expect(image).toMatch(/^[\w./-]+:v?\d+\.\d+\.\d+(-[\w.-]+)?$/);
  });

  it.each(containers)('limits $name, and keeps its rights', ({ deploy, security_opt }) => {
    const { cpus, memory } = deploy.resources.limits;
    expect([cpus, memory]).toEqual([
      expect.stringMatching(/^\d\.\d$/),
      expect.stringMatching(/^\d+(\.\d)?[MG]$/),
    ]);
    expect(security_opt).toEqual(['no-new-privileges:true']);
  });

  it('asks every container for its health, but the one that ends', () => {
    const ending = containers.filter(
      ({ restart, healthcheck }) => restart === 'no' || 'disable' in healthcheck,
    );
    expect(ending.map(({ name }) => name)).toEqual(['deploy']);
  });

  it('waits for dependencies until they are healthy, or have ended', () => {
    const conditions = containers.flatMap(({ name, depends_on }) =>
      Object.entries(depends_on).map(([on, { condition }]) => `${name} on ${on}: ${condition}`),
    );
    const right = containers.flatMap(({ name, depends_on }) =>
      Object.keys(depends_on).map(
        (on) => `${name} on ${on}: ${on === 'deploy' ? 'service_completed_successfully' : 'service_healthy'}`,
      ),
    );
    expect(conditions).toEqual(right);
    expect(conditions.length).toBeGreaterThan(programs.length);
  });

  it('publishes on 127.0.0.1 only', () => {
    expect(
      Object.fromEntries(
        containers.filter(({ ports }) => ports.length > 0).map((each) => [each.name, each.ports]),
      ),
    ).toEqual({
      eventstore: ['127.0.0.1:12113:2113'],
      kafka: ['127.0.0.1:19092:19092'],
      'schema-registry': ['127.0.0.1:18085:8081'],
      mongodb: ['127.0.0.1:17017:27017'],
      mailpit: ['127.0.0.1:18025:8025', '127.0.0.1:11025:1025'],
      'order-api': ['127.0.0.1:18081:8080'],
      'inventory-api': ['127.0.0.1:18082:8080'],
      gateway: ['127.0.0.1:8080:8080'],
      prometheus: ['127.0.0.1:9091:9090'],
      grafana: ['127.0.0.1:13000:3000'],
    });
  });

  it('starts all in the profile system, and the engines also alone', () => {
    expect(containers.filter(({ profiles }) => !profiles.includes('system'))).toEqual([]);
    const alone = containers.filter(({ profiles }) => profiles.includes('engines'));
    expect(alone.map(({ name }) => name)).toEqual([
      'eventstore',
      'kafka',
      'schema-registry',
      'mongodb',
      'mailpit',
    ]);
    const missing = alone.flatMap(({ depends_on }) =>
      Object.keys(depends_on).filter((on) => !alone.some(({ name }) => name === on)),
    );
    expect(missing).toEqual([]);
  });

  it('mounts only what there is', () => {
    const sources = containers.flatMap(({ volumes }) => volumes.map((volume) => volume.split(':')[0] ?? ''));
    const missing = sources.filter((source) =>
      source.startsWith('./') ? !existsSync(source) : !(source in file.volumes),
    );
    expect(missing).toEqual([]);
    expect(Object.keys(file.volumes).filter((name) => !sources.includes(name))).toEqual([]);
  });
});

describe('The program in docker-compose.yml', () => {
  it('does each role for each service in a container of its own, and the bridge in one', () => {
    const parts = programs.map(({ name, environment }) => {
      const { ROLES, SERVICES } = environment;
      return { name, ROLES, SERVICES };
    });
    const pairs = serviceNames.flatMap((service) =>
      roles
        .filter((role) => role !== 'bridge')
        .map((role) => ({ name: `${service}-${role}`, ROLES: role, SERVICES: service })),
    );
    expect(parts).toEqual([...pairs, { name: 'bridge', ROLES: 'bridge', SERVICES: undefined }]);
  });

  it.each([...programs, ...containers.filter(({ name }) => name === 'deploy')])(
    'is told nothing in $name that it does not know, and uses no embedded engine',
    ({ environment }) => {
      expect(Object.keys(environment).filter((name) => !settingNames.includes(name))).toEqual([]);
      const { EVENTSTORE_URL, KAFKA_BROKERS, SCHEMA_REGISTRY_URL, MONGODB_URL, SMTP_URL } =
        readConfig(environment);
      expect([EVENTSTORE_URL, KAFKA_BROKERS, SCHEMA_REGISTRY_URL, MONGODB_URL, SMTP_URL]).not.toContain(
        undefined,
      );
    },
  );

  it.each(programs)('can write nothing in $name', ({ read_only, cap_drop, volumes }) => {
    expect({ read_only, cap_drop, volumes }).toEqual({ read_only: true, cap_drop: ['ALL'], volumes: [] });
  });

  it('runs on the Node.js on which it is tested', () => {
    const images = [...readFileSync('Dockerfile', 'utf8').matchAll(/^FROM (\S+:\S+)/gm)].map(
      ([, image]) => image,
    );
    expect(images).toEqual([`node:${manifest.devDependencies.node}-bookworm-slim`]);
  });
});

describe('The gateway', () => {
  const gateway = readFileSync('deploy/compose/gateway/Caddyfile', 'utf8');
  const lines = (of: RegExp): readonly (readonly string[])[] =>
    [...gateway.matchAll(of)].map(([, ...parts]) => parts);

  it('sends the paths of every controller to its service, and no others', () => {
    const owned = serviceNames.flatMap((service) =>
      serviceParts[service].controllers.map((controller) => {
        const path = z.string().parse(Reflect.getMetadata('path', controller));
        return `/${path} ${service}`;
      }),
    );
    const routes = lines(/^\timport route (\S+) (\S+)$/gm).map(
      ([path, service]) => `/api/${path} ${service}`,
    );
    expect([...routes].sort()).toEqual([...new Set(owned)].sort());
  });

  it('leads to every service as a whole', () => {
    expect(lines(/^\timport service (\S+)$/gm).flat()).toEqual(serviceNames);
    expect(Object.keys(file.services['gateway']?.depends_on ?? {})).toEqual(
      serviceNames.map((service) => `${service}-api`),
    );
  });
});
