import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { repository } from '../settings.ts';
import { foldersIn } from './folders.ts';
import { attribute, type Block, blocksOf, type Body, parseFolder, plainText } from './hcl.ts';
import { readRecorded } from './interfaces.ts';
import { judge } from './judge.ts';
import { bindings } from './provider-schema.ts';

const terraform = join(repository, 'infra', 'terraform');
const environments = ['dev', 'staging', 'prod'];

const read = (folder: string): Promise<Body> => parseFolder(join(terraform, folder), folder);

const resource = async (module: string, type: string, name: string): Promise<Body> => {
  const { blocks } = await read(join('modules', module));
  const found = blocks.find(
    (each) => each.type === 'resource' && each.labels.join('.') === `${type}.${name}`,
  );
  if (found === undefined) throw new Error(`There is no ${type}.${name} in ${module}.`);
  return found.body;
};

const call = async (module: string, name: string): Promise<Body> => {
  const { blocks } = await read(join('modules', module));
  const found = blocks.find((each) => each.type === 'module' && each.labels[0] === name);
  if (found === undefined) throw new Error(`There is no module ${name} in ${module}.`);
  return found.body;
};

const given = (body: Body, name: string): string | undefined => attribute(body, name)?.expression;

const inner = (body: Body, ...path: readonly string[]): Body =>
  path.reduce<Body>((from, type) => {
    const [found] = blocksOf(from, type);
    if (found === undefined) throw new Error(`There is no block ${path.join('.')}.`);
    return found.body;
  }, body);

describe('Terraform', () => {
  it.each(foldersIn(terraform).map((folder) => folder.slice(terraform.length + 1)))(
    'in %s gives modules what they ask for, and refers to what is there',
    async (folder) => {
      const recorded = readRecorded(join(terraform, 'module-interfaces.json'));
      const { problems } = await judge(join(terraform, folder), folder, { schema: undefined, recorded });
      expect(problems).toEqual([]);
    },
  );

  it('does not destroy what keeps data', async () => {
    const stateful = new Set([
      ...['aws_backup_vault', 'aws_kms_key', 'aws_msk_cluster', 'aws_msk_topic', 'aws_prometheus_workspace'],
      ...['aws_s3_bucket', 'aws_secretsmanager_secret'],
    ]);
    const found = new Map<string, string | undefined>();
    for (const folder of foldersIn(terraform)) {
      const { blocks } = await parseFolder(folder, folder);
      for (const { type, labels, body } of blocks) {
        if (type !== 'resource' || !stateful.has(labels[0] ?? '')) continue;
        found.set(labels.join('.'), given(inner(body, 'lifecycle'), 'prevent_destroy'));
      }
    }
    expect(Object.fromEntries(found)).toEqual({
      'aws_backup_vault.volumes': 'true',
      'aws_kms_key.customers': 'true',
      'aws_kms_key.storage': 'true',
      'aws_msk_cluster.this': 'true',
      'aws_msk_topic.this': 'true',
      'aws_prometheus_workspace.this': 'true',
      'aws_s3_bucket.archive': 'true',
      'aws_s3_bucket.state': 'true',
      'aws_secretsmanager_secret.this': 'true',
    });
  });

  it.each(environments)(
    'in %s locks an encrypted state, pins the provider and tags everything',
    async (name) => {
      const body = await read(join('envs', name));
      const [settings, provider] = [inner(body, 'terraform'), inner(body, 'provider')];
      const backend = inner(settings, 'backend');
      expect({
        backend: Object.fromEntries(backend.attributes.map((each) => [each.name, each.expression])),
        provider: given(inner(settings, 'required_providers'), 'aws')?.match(/version = "(.*)"/)?.[1],
        account: given(provider, 'allowed_account_ids'),
        tags: given(inner(provider, 'default_tags'), 'tags')?.includes(`Environment = "${name}"`),
      }).toEqual({
        backend: { key: `"order-processing/${name}.tfstate"`, encrypt: 'true', use_lockfile: 'true' },
        provider: bindings.provider,
        account: '[var.account_id]',
        tags: true,
      });
    },
  );

  it('gives every environment the same', async () => {
    const shapes = await Promise.all(
      environments.map(async (name) => {
        const { blocks } = await read(join('envs', name));
        const shape = ({ type, labels }: Block): string => [type, ...labels].join(' ');
        return {
          blocks: blocks.map(shape),
          call: blocksOf({ attributes: [], blocks }, 'module').map(({ body }) =>
            body.attributes.map((each) => each.expression),
          ),
        };
      }),
    );
    expect(shapes[1]).toEqual(shapes[0]);
    expect(shapes[2]).toEqual(shapes[0]);
  });

  it('has Kafka behind TLS and IAM, on three replicas, without topics that nobody made', async () => {
    const cluster = await resource('msk', 'aws_msk_cluster', 'this');
    const properties = given(await resource('msk', 'aws_msk_configuration', 'this'), 'server_properties');
    expect({
      transit: inner(cluster, 'encryption_info', 'encryption_in_transit').attributes.map(
        (each) => each.expression,
      ),
      unauthenticated: given(inner(cluster, 'client_authentication'), 'unauthenticated'),
      iam: given(inner(cluster, 'client_authentication', 'sasl'), 'iam'),
      replication: given(await resource('msk', 'aws_msk_topic', 'this'), 'replication_factor'),
    }).toEqual({
      transit: ['"TLS"', 'true'],
      unauthenticated: 'false',
      iam: 'true',
      replication: 'local.replication_factor',
    });
    for (const property of ['auto.create.topics.enable=false', 'unclean.leader.election.enable=false']) {
      expect(properties).toContain(`"${property}"`);
    }
  });

  it('has a cluster that only its network reaches, images that stay what they are, and a pipeline that is known by name', async () => {
    const [cluster, images, role] = [
      await call('eks', 'eks'),
      await call('ecr', 'repository'),
      await call('ci', 'role'),
    ];
    expect({
      public: given(cluster, 'endpoint_public_access'),
      private: given(cluster, 'endpoint_private_access'),
      authentication: plainText(attribute(cluster, 'authentication_mode')),
      creator: given(cluster, 'enable_cluster_creator_admin_permissions'),
      tags: plainText(attribute(images, 'repository_image_tag_mutability')),
      scan: given(images, 'repository_image_scan_on_push'),
      subjects: given(role, 'oidc_subjects'),
      wildcards: given(role, 'oidc_wildcard_subjects'),
    }).toEqual({
      public: 'false',
      private: 'true',
      authentication: 'API',
      creator: 'false',
      tags: 'IMMUTABLE',
      scan: 'true',
      subjects: 'var.oidc.subjects',
      wildcards: undefined,
    });
  });
});
