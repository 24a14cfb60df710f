import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parse } from '@cdktn/hcl2json';
import { z } from 'zod';
import { settingNames } from '../../src/app/config.js';
import { hasKubectl, type Manifest, render as renderAnew } from '../../stack/kubernetes/manifests.js';

/** What Terraform and the manifests both name: a platform team that changes the one and not the other has a cluster that does not start. */

const tested = hasKubectl ? it : it.skip;
const modules = 'infra/terraform/modules';
const environment = z.enum(['dev', 'staging', 'prod']);

const rendered = new Map<string, readonly Manifest[]>();
const render = (overlay: string): readonly Manifest[] => {
  const manifests = rendered.get(overlay) ?? renderAnew(overlay);
  rendered.set(overlay, manifests);
  return manifests;
};

const textOf = (file: string): string => readFileSync(file, 'utf8');

const ofEnvironment = async (name: z.infer<typeof environment>) => {
  const folder = `infra/terraform/envs/${name}`;
  const read = async (file: string): Promise<unknown> => parse('file.tf', textOf(`${folder}/${file}`));
  const { variable } = z
    .object({ variable: z.object({ name: z.tuple([z.object({ default: z.string() })]) }) })
    .parse(await read('variables.tf'));
  const example = z
    .object({
      account_id: z.string(),
      region: z.string(),
      network: z.object({ cidr: z.string() }),
    })
    .parse(await read('terraform.tfvars.example'));
  return { ...example, name: variable.name[0].default };
};

const valuesOf = (file: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...textOf(file).matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
  );

const namespaceOf = async (): Promise<string> => {
  const { variable } = z
    .object({ variable: z.object({ namespace: z.tuple([z.object({ default: z.string() })]) }) })
    .parse(await parse('variables.tf', textOf(`${modules}/environment/variables.tf`)));
  return variable.namespace[0].default;
};

/** The Pod Identity of `modules/workloads` is for each of these. */
const serviceAccounts = async (): Promise<readonly string[]> => {
  const text = textOf(`${modules}/environment/topics.tf`);
  const { locals } = z
    .object({ locals: z.tuple([z.object({ services: z.array(z.string()) })]) })
    .parse(await parse('topics.tf', text));
  expect(text).toContain(
    'for pair in setproduct(local.services, ["api", "process", "projector"]) : join("-", pair)',
  );
  expect(text).toMatch(/^ {6}bridge = \{$/m);
  expect(text).toMatch(/^ {6}migrations = \{\}$/m);
  return [
    ...locals[0].services.flatMap((service) =>
      ['api', 'process', 'projector'].map((role) => `${service}-${role}`),
    ),
    'bridge',
    'migrations',
  ];
};

describe.each(environment.options)('Terraform and the manifests of %s', (name) => {
  it('name the same network', async () => {
    const { network } = await ofEnvironment(name);
    expect(valuesOf(`deploy/k8s/overlays/${name}/settings/settings.env`)['TRUST_PROXY']).toBe(network.cidr);
  });

  tested('name the same namespace, and a role for every service account of the program', async () => {
    const manifests = render(name);
    const found = manifests.filter(({ kind }) => kind === 'ServiceAccount').map(({ metadata }) => metadata);
    const namespace = await namespaceOf();
    expect(new Set(found.map((each) => each.namespace))).toEqual(new Set([namespace]));
    expect(found.map((each) => each.name).toSorted()).toEqual([...(await serviceAccounts())].toSorted());
  });
});

describe.each(environment.exclude(['dev']).options)(
  'Terraform, the manifests and the pipeline of %s',
  (name) => {
    it('name the same region, key, cluster, account and host', async () => {
      const { account_id: account, region, name: prefix } = await ofEnvironment(name);
      const keys = textOf(`${modules}/keys/main.tf`);
      const alias = /resource "aws_kms_alias" "customers" \{\s+name\s+= "(.*)"/.exec(keys)?.[1];
      const settings = valuesOf(`deploy/k8s/overlays/${name}/settings/settings.env`);
      const pipeline = valuesOf(`deploy/pipeline/settings/${name}.env`);
      expect({
        regions: [settings['KAFKA_AWS_REGION'], settings['KEYS_KMS_REGION'], pipeline['AWS_REGION']],
        key: settings['KEYS_KMS_KEY_ID'],
        cluster: pipeline['CLUSTER'],
        repository: pipeline['REPOSITORY'],
        role: pipeline['AWS_ROLE_ARN'],
        url: pipeline['URL'],
      }).toEqual({
        regions: [region, region, region],
        key: alias?.replace('${var.name}', prefix),
        cluster: prefix,
        repository: `${account}.dkr.ecr.${region}.amazonaws.com/order-processing`,
        role: `arn:aws:iam::${account}:role/${prefix}-ci`,
        url: `https://${valuesOf(`deploy/k8s/overlays/${name}/settings/edge.env`)['API_HOST']}`,
      });
    });

    tested('name the same secrets', async () => {
      const { locals } = z
        .object({ locals: z.tuple([z.object({ secrets: z.record(z.string(), z.string()) })]) })
        .parse(await parse('main.tf', textOf(`${modules}/environment/main.tf`)));
      const { module } = z
        .object({ module: z.object({ secrets: z.tuple([z.object({ name: z.string() })]) }) })
        .parse(await parse('main.tf', textOf(`${modules}/environment/main.tf`)));
      expect(textOf(`${modules}/secrets/main.tf`)).toMatch(
        /^ {2}name += "\$\{var\.name\}\/\$\{each\.key\}"$/m,
      );
      const asked = [...render(name), ...render('eventstoredb')].flatMap(remoteKeys);
      expect([...new Set(asked)].toSorted()).toEqual(
        Object.keys(locals[0].secrets)
          .map((each) => `${module.secrets[0].name}/${each}`)
          .toSorted(),
      );
    });
  },
);

const remoteKeys = ({ kind, spec }: Manifest): readonly string[] =>
  kind === 'ExternalSecret'
    ? z
        .object({ data: z.array(z.object({ remoteRef: z.object({ key: z.string() }) })) })
        .parse(spec)
        .data.map(({ remoteRef }) => remoteRef.key)
    : [];

const storageClass = z.object({
  metadata: z.object({ name: z.string() }),
  parameters: z.record(z.string(), z.string()),
});

describe('Volumes', () => {
  tested('are of the one class, and are what AWS Backup looks for', async () => {
    const found = environment.options.map((name) =>
      storageClass.parse(render(`../cluster/${name}`).find(({ kind }) => kind === 'StorageClass')),
    );
    const claimed = ['eventstoredb', 'schema-registry'].flatMap((overlay) =>
      render(overlay)
        .filter(({ kind }) => kind === 'StatefulSet')
        .map(({ spec }) => claims.parse(spec).volumeClaimTemplates.map((each) => each.spec.storageClassName)),
    );
    expect(claimed).toEqual([['gp3'], ['gp3']]);
    const { resource } = backup.parse(await parse('main.tf', textOf(`${modules}/data/main.tf`)));
    const [{ key, value }] = resource.aws_backup_selection.volumes[0].selection_tag;
    // Without a key, the account's default one, which Terraform sets.
    expect(found.map(({ metadata, parameters }) => ({ name: metadata.name, parameters }))).toEqual(
      environment.options.map(() => ({
        name: 'gp3',
        parameters: { type: 'gp3', encrypted: 'true', tagSpecification_1: `${key}=${value}` },
      })),
    );
    const keys = textOf(`${modules}/keys/main.tf`);
    expect(keys).toMatch(/"aws_ebs_encryption_by_default" "this" \{\s+enabled = true/);
    expect(keys).toMatch(/"aws_ebs_default_kms_key" "this" \{\s+key_arn = aws_kms_key\.storage\.arn/);
  });
});

describe.each(environment.options)('The nodes of %s', (name) => {
  tested('have the role, and are in the networks, that Terraform names', async () => {
    const { name: prefix } = await ofEnvironment(name);
    const found = render(`../cluster/${name}`).find(({ kind }) => kind === 'EC2NodeClass');
    const eks = textOf(`${modules}/eks/main.tf`);
    const role = /node_iam_role_name +=\s"(.*)"/.exec(eks)?.[1];
    expect(eks).toContain('node_security_group_tags = { "karpenter.sh/discovery" = var.name }');
    expect(textOf(`${modules}/network/main.tf`)).toMatch(/"karpenter\.sh\/discovery" +=\svar\.name/);
    const terms = [{ tags: { 'karpenter.sh/discovery': prefix } }];
    expect(found?.['spec']).toMatchObject({
      role: role?.replace('${var.name}', prefix),
      subnetSelectorTerms: terms,
      securityGroupSelectorTerms: terms,
    });
  });
});

const claims = z.object({
  volumeClaimTemplates: z.array(z.object({ spec: z.object({ storageClassName: z.string() }) })),
});

const backup = z.object({
  resource: z.object({
    aws_backup_selection: z.object({
      volumes: z.tuple([
        z.object({ selection_tag: z.tuple([z.object({ key: z.string(), value: z.string() })]) }),
      ]),
    }),
  }),
});

describe('Variables beside the manifests', () => {
  tested.each(['staging', 'prod'])('give the edge of %s its host, and are not applied', (name) => {
    const manifests = render(name);
    const edge = valuesOf(`deploy/k8s/overlays/${name}/settings/edge.env`);
    const ingress = manifests.find(({ kind }) => kind === 'Ingress');
    expect(ingress?.['spec']).toMatchObject({ tls: [{ hosts: [edge['API_HOST']] }] });
    expect(applied(manifests, 'edge')).toEqual([]);
  });

  tested('give the nodes of EventStoreDB the size of their volumes, and are not applied', () => {
    const manifests = render('eventstoredb');
    const { SIZE } = valuesOf('deploy/k8s/overlays/eventstoredb/volumes.env');
    const [nodes] = manifests.filter(({ kind }) => kind === 'StatefulSet');
    expect(nodes?.['spec']).toMatchObject({
      volumeClaimTemplates: [{ spec: { resources: { requests: { storage: SIZE } } } }],
    });
    expect(applied(manifests, 'volumes')).toEqual([]);
  });
});

const applied = (manifests: readonly Manifest[], name: string): readonly Manifest[] =>
  manifests.filter(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name.startsWith(name));

describe("Terraform's output `settings`", () => {
  it('names settings that there are, each as overlays have it', () => {
    const outputs = textOf(`${modules}/environment/outputs.tf`);
    const [, body = ''] = /output "settings" \{[^{]*value = \{([^}]*)\}/.exec(outputs) ?? [];
    const names = [...body.matchAll(/^ +([A-Z_]+) += /gm)].map(([, each = '']) => each);
    expect(names).toEqual([
      ...['TRUST_PROXY', 'KAFKA_BROKERS', 'KAFKA_TLS', 'KAFKA_SASL', 'KAFKA_AWS_REGION', 'TOPIC_PARTITIONS'],
      ...['KEYS_KMS_KEY_ID', 'KEYS_KMS_REGION'],
    ]);
    expect(names.filter((each) => !settingNames.includes(each))).toEqual([]);
    for (const name of ['staging', 'prod'])
      expect(Object.keys(valuesOf(`deploy/k8s/overlays/${name}/settings/settings.env`))).toEqual(
        expect.arrayContaining(names),
      );
  });
});

describe('The way to MongoDB Atlas', () => {
  tested('is as wide in the policy of the network as in the security group of its endpoint', async () => {
    const { resource } = z
      .object({
        resource: z.object({
          aws_vpc_security_group_ingress_rule: z.object({
            mongodb: z.tuple([z.object({ from_port: z.number(), to_port: z.number() })]),
          }),
        }),
      })
      .parse(await parse('main.tf', textOf(`${modules}/data/main.tf`)));
    const [{ from_port: port, to_port: endPort }] = resource.aws_vpc_security_group_ingress_rule.mongodb;
    for (const name of environment.exclude(['dev']).options) {
      const policy = render(name).find(({ metadata }) => metadata.name === 'managed-engines');
      const { egress } = z
        .looseObject({ egress: z.array(z.looseObject({ ports: z.array(z.unknown()) })) })
        .parse(policy?.['spec']);
      expect(egress.map(({ ports }) => ports)).toContainEqual([{ port, endPort }]);
    }
  });
});
