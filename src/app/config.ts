import { isIP } from 'node:net';
import { z } from 'zod';
import { samplers } from '../adapters/observed/trace-export.js';
import { faultPoints } from './fault-points.js';

export const roles = ['api', 'process', 'projector', 'bridge'] as const;
export type Role = (typeof roles)[number];
export const services = [
  'catalog',
  'cart',
  'order',
  'payment',
  'inventory',
  'shipping',
  'notification',
] as const;
export type Service = (typeof services)[number];

const listOf = <Name extends string>(names: readonly [Name, ...Name[]]) =>
  z
    .string()
    .default(names.join(','))
    .transform((text) => [...new Set(text.split(',').map((name) => name.trim()))])
    .pipe(z.array(z.enum(names, `must be a comma-separated list of ${names.join(', ')}`)));

const whole = (fallback: number, min: number, max: number) => {
  const sentence = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d+$/, sentence)
    .default(String(fallback))
    .transform(Number)
    .pipe(z.number().min(min, sentence).max(max, sentence));
};

const flag = (fallback: boolean) =>
  z
    .enum(['true', 'false'], 'must be true or false')
    .default(fallback ? 'true' : 'false')
    .transform((text) => text === 'true');

const text = z.string().optional();

/** It may hold a password, so a wrong one is not shown. */
const address = (pattern: RegExp, example: string) =>
  z.string().regex(pattern, `must be like ${example}`).optional();

const claim = (fallback: string) =>
  z
    .string()
    .regex(/^\S{1,200}$/, 'must be the name of a claim, or a path with dots to it, like realm_access.roles')
    .default(fallback);

const isNetwork = (text: string): boolean => {
  const [address = '', bits] = text.split('/');
  return isIP(address) !== 0 && (bits === undefined || Number(bits) <= (isIP(address) === 6 ? 128 : 32));
};

/** `name=value,name=value`, the values percent-encoded, as the specification of OpenTelemetry writes lists. */
const pairs = z
  .string()
  .regex(/^[^=,\s]+=[^,]*(,\s*[^=,\s]+=[^,]*)*$/, 'must be name=value, or several with commas')
  .transform((list) =>
    Object.fromEntries(
      list.split(',').map((pair) => {
        const [name = '', ...value] = pair.trim().split('=');
        return [name, decoded(value.join('='))];
      }),
    ),
  )
  .optional();

const decoded = (value: string): string => {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
};

const saslMechanisms = ['none', 'plain', 'scram-sha-256', 'scram-sha-512', 'aws-msk-iam'] as const;
const compressions = ['none', 'gzip', 'zstd'] as const;

/** Every setting, by the name of its environment variable; `.env.example` says what each is for. */
const settings = z.object({
  PORT: whole(8080, 0, 65_535),
  HOST: z.string().min(1, 'must be an address to listen on').default('127.0.0.1'),
  DATA_DIR: z.string().min(1, 'must be a folder').default('./data'),
  EVENTSTORE_URL: address(
    /^esdb(\+discover)?:\/\/\S+$/,
    'esdb://host:2113, or esdb+discover:// and the names of a cluster',
  ),
  EVENTSTORE_USERNAME: text,
  EVENTSTORE_PASSWORD: text,
  KAFKA_BROKERS: z
    .string()
    .regex(/^[^\s,:]+:\d+(,[^\s,:]+:\d+)*$/, 'must be host:port, or several with commas')
    .transform((list) => list.split(','))
    .optional(),
  KAFKA_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9._-]{0,100}$/, 'must be letters, digits, dots, dashes or underscores')
    .default(''),
  KAFKA_TLS: flag(false),
  KAFKA_SASL: z.enum(saslMechanisms, `must be one of ${saslMechanisms.join(', ')}`).default('none'),
  KAFKA_USERNAME: text,
  KAFKA_PASSWORD: text,
  KAFKA_AWS_REGION: text,
  KAFKA_REPLICATION_FACTOR: whole(3, 1, 100),
  KAFKA_MIN_INSYNC_REPLICAS: whole(2, 1, 100),
  KAFKA_COMPRESSION: z.enum(compressions, `must be one of ${compressions.join(', ')}`).default('none'),
  SCHEMA_REGISTRY_URL: address(
    /^https?:\/\/\S+$/,
    'http://host:8081, with the path of its API if it has one',
  ),
  SCHEMA_REGISTRY_USERNAME: text,
  SCHEMA_REGISTRY_PASSWORD: text,
  SCHEMA_REGISTRY_TOKEN: text,
  MONGODB_URL: address(/^mongodb(\+srv)?:\/\/\S+$/, 'mongodb://host:27017/?replicaSet=rs0'),
  MONGODB_USERNAME: text,
  MONGODB_PASSWORD: text,
  MONGODB_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,30}$/, 'must be 1 to 30 letters, digits, dashes or underscores')
    .default('commerce'),
  KEYS_KMS_KEY_ID: z
    .string()
    .regex(/^[\w:/-]{1,2048}$/, 'must be the id or ARN of a key, or an alias, like alias/customers')
    .optional(),
  KEYS_KMS_REGION: text,
  ENGINES_WAIT_SECONDS: whole(60, 0, 3_600),
  ROLES: listOf(roles),
  SERVICES: listOf(services),
  SEED_DEMO: flag(false),
  LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'], 'must be debug, info, warn, error or silent')
    .default('info'),
  RESERVATION_TTL_SECONDS: whole(900, 1, 31_536_000),
  AUTHORISATION_TIMEOUT_SECONDS: whole(30, 1, 86_400),
  SIMULATED_SLOW_ANSWER_MS: whole(3_000, 0, 86_400_000),
  CONSISTENCY_TIMEOUT_MS: whole(2_000, 0, 60_000),
  LIVE_STREAMS_MAX: whole(10_000, 0, 1_000_000),
  LIVE_STREAMS_OF_ONE_MAX: whole(100, 1, 1_000_000),
  LEASE_TTL_MS: whole(10_000, 500, 600_000),
  REGISTRY_PORT: whole(8081, 0, 65_535),
  OPS_PORT: whole(0, 0, 65_535),
  OPS_HOST: z.string().min(1, 'must be an address to listen on').default('127.0.0.1'),
  OTEL_EXPORTER_OTLP_ENDPOINT: address(/^https?:\/\/\S+$/, 'http://host:4318'),
  OTEL_EXPORTER_OTLP_HEADERS: pairs,
  OTEL_SERVICE_NAME: z.string().min(1).default('order-processing'),
  OTEL_RESOURCE_ATTRIBUTES: pairs,
  OTEL_TRACES_SAMPLER: z
    .enum(samplers, `must be one of ${samplers.join(', ')}`)
    .default('parentbased_always_on'),
  OTEL_TRACES_SAMPLER_ARG: z
    .string()
    .regex(/^(0|1|0?\.\d+|1\.0+)$/, 'must be a number from 0 to 1')
    .default('1')
    .transform(Number),
  DEPLOY_ON_START: flag(false),
  TOPIC_PARTITIONS: whole(6, 1, 1_000),
  UNPUBLISHABLE_EVENTS: z.enum(['stop', 'dead-letter'], 'must be stop or dead-letter').default('stop'),
  VERIFY_EVERY_SECONDS: whole(60, 0, 86_400),
  CONSUMER_ATTEMPTS: whole(5, 1, 100),
  CONSUMER_FIRST_PAUSE_MS: whole(100, 1, 600_000),
  SIMULATED_CARRIER: flag(false),
  SIMULATED_CARRIER_PAUSE_MS: whole(2_000, 0, 86_400_000),
  SMTP_URL: z.string().min(1).optional(),
  MAIL_FROM: z.string().min(3).default('Orders <orders@shop.example>'),
  OIDC_ISSUER: z
    .string()
    .regex(
      /^https?:\/\/[^\s?#]+$/,
      'must be the address of an issuer, like https://id.shop.example/realms/shop',
    )
    .optional(),
  OIDC_AUDIENCE: text,
  OIDC_JWKS_URL: address(/^https?:\/\/\S+$/, 'https://id.shop.example/keys'),
  OIDC_ROLES_CLAIM: claim('roles'),
  OIDC_CUSTOMER_CLAIM: claim('sub'),
  OIDC_CLOCK_TOLERANCE_SECONDS: whole(10, 0, 30),
  DEV_ISSUER: flag(false),
  NODE_ENV: z
    .string()
    .refine(
      (name) => name === 'production' || !/^prod(uction)?$/i.test(name.trim()),
      'must be production, exactly so, if it is meant: what is fit for development only is refused then',
    )
    .optional(),
  RATE_LIMIT_PER_SECOND: whole(50, 0, 1_000_000),
  RATE_LIMIT_SERVICE_PER_SECOND: whole(1_000, 0, 1_000_000),
  RATE_LIMIT_REFUSED_PER_SECOND: whole(10, 0, 1_000_000),
  RATE_LIMIT_BURST_SECONDS: whole(4, 1, 3_600),
  TRUST_PROXY: z
    .string()
    .transform((list) => list.split(','))
    .refine((list) => list.every(isNetwork), 'must be addresses and networks with commas, like 10.0.0.0/8')
    .optional(),
  HSTS_SECONDS: whole(0, 0, 63_072_000),
  REQUESTS_IN_HAND_MAX: whole(256, 1, 100_000),
  REQUESTS_WAITING_MAX: whole(1_024, 0, 100_000),
  REQUESTS_WAIT_MS: whole(2_000, 0, 60_000),
  BODIES_MAX_BYTES: whole(67_108_864, 65_536, 8_589_934_592),
  CONNECTIONS_MAX: whole(20_000, 1, 1_000_000),
  BODY_LIMIT_BYTES: whole(262_144, 1_024, 16_777_216),
  FAULT_POINT: z
    .string()
    .regex(
      new RegExp(`^(${faultPoints.join('|')})(:[1-9]\\d{0,5})?$`),
      `must be one of ${faultPoints.join(', ')}, with :<n> for the n-th time`,
    )
    .optional(),
  SHUTDOWN_DRAIN_MS: whole(200, 0, 600_000),
  SHUTDOWN_TIMEOUT_MS: whole(10_000, 100, 600_000),
});

export type Config = z.infer<typeof settings>;

export const isProduction = ({ NODE_ENV }: Pick<Config, 'NODE_ENV'>): boolean => NODE_ENV === 'production';

/** What a setting demands of others. */
const consistent = settings.superRefine((config, context) => {
  const demand = (holds: boolean, name: keyof Config, message: string): void => {
    if (!holds) context.addIssue({ code: 'custom', path: [name], message });
  };
  const { KAFKA_SASL: sasl } = config;
  const byPassword = sasl !== 'none' && sasl !== 'aws-msk-iam';
  demand(!byPassword || config.KAFKA_USERNAME !== undefined, 'KAFKA_USERNAME', `must be set for ${sasl}`);
  demand(!byPassword || config.KAFKA_PASSWORD !== undefined, 'KAFKA_PASSWORD', `must be set for ${sasl}`);
  demand(
    sasl !== 'aws-msk-iam' || config.KAFKA_AWS_REGION !== undefined,
    'KAFKA_AWS_REGION',
    `must be set for ${sasl}`,
  );
  demand(
    config.KAFKA_MIN_INSYNC_REPLICAS <= config.KAFKA_REPLICATION_FACTOR,
    'KAFKA_MIN_INSYNC_REPLICAS',
    'must not be more than KAFKA_REPLICATION_FACTOR',
  );
  demand(
    config.OIDC_ISSUER === undefined || config.OIDC_AUDIENCE !== undefined,
    'OIDC_AUDIENCE',
    'must be set with OIDC_ISSUER: the name that tokens for this API carry as their audience',
  );
  for (const name of ['OIDC_AUDIENCE', 'OIDC_JWKS_URL'] as const) {
    demand(
      config[name] === undefined || config.OIDC_ISSUER !== undefined || config.DEV_ISSUER,
      name,
      'must not be set without OIDC_ISSUER',
    );
  }
  if (config.DEV_ISSUER) {
    const demandOfDev = (holds: boolean, message: string): void => {
      demand(holds, 'DEV_ISSUER', message);
    };
    demandOfDev(!isProduction(config), 'must not be true with NODE_ENV=production: set OIDC_ISSUER');
    demandOfDev(config.OIDC_ISSUER === undefined, 'must not be true with OIDC_ISSUER: there is one issuer');
    demandOfDev(config.PORT !== 0, 'must not be true with PORT=0: the port is in the address of the issuer');
  }
  for (const name of ['OIDC_ISSUER', 'OIDC_JWKS_URL'] as const) {
    demand(
      !isProduction(config) || config[name]?.startsWith('http:') !== true,
      name,
      'must begin with https with NODE_ENV=production: who can change what it answers can be anybody',
    );
  }
  for (const engine of ['EVENTSTORE', 'SCHEMA_REGISTRY', 'MONGODB'] as const) {
    const [name, password] = [`${engine}_USERNAME`, `${engine}_PASSWORD`] as const;
    demand(
      config[name] === undefined || config[password] !== undefined,
      password,
      `must be set with ${name}`,
    );
    demand(
      config[password] === undefined || config[name] !== undefined,
      name,
      `must be set with ${password}`,
    );
  }
});

export const settingNames: readonly string[] = Object.keys(settings.shape);

/** A start with this configuration would not be what was meant. */
export class InvalidConfiguration extends Error {
  constructor(readonly sentences: readonly string[]) {
    super(sentences.join('\n'));
    this.name = 'InvalidConfiguration';
  }
}

/** Their values are not shown. */
const secret = /(_URL|_PASSWORD|_TOKEN|_ENDPOINT|_HEADERS)$/;

/** An empty variable counts as unset. @throws InvalidConfiguration with a sentence for every wrong value. */
export const readConfig = (env: Readonly<Record<string, string | undefined>>): Config => {
  const given = Object.fromEntries(
    settingNames.map((name) => [name, env[name] === '' ? undefined : env[name]]),
  );
  const result = consistent.safeParse(given);
  if (result.success) return result.data;
  const names = new Set(result.error.issues.map(({ path }) => String(path[0])));
  throw new InvalidConfiguration(
    [...names].map((name) => {
      const issue = result.error.issues.find(({ path }) => path[0] === name);
      const shown = secret.test(name) ? '…' : (given[name] ?? '');
      return `${name}=${shown} is not valid: it ${issue?.message ?? 'is wrong'} (see .env.example).`;
    }),
  );
};
