import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const terraform = 'infra/terraform';

const text = (file: string): string => readFileSync(join(terraform, file), 'utf8');

/** In the text of a file: each list of actions with what stands below it. `terraform fmt` gives them one form. */
const statements = /\bactions\s*=\s*\[([^\]]*)\]\s*\n\s*resources\s*=\s*([^\n]+)/g;

/** All that is allowed to anybody, word for word. Whoever gives more changes it here too, where a reviewer sees it. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  'bootstrap/main.tf': ['s3:* on [aws_s3_bucket.state.arn, "${aws_s3_bucket.state.arn}/*"]'],
  'modules/ci/main.tf': [
    'ecr:GetAuthorizationToken on ["*"]',
    'ecr:BatchCheckLayerAvailability ecr:BatchGetImage ecr:CompleteLayerUpload ecr:DescribeImages ecr:DescribeImageScanFindings ecr:GetDownloadUrlForLayer ecr:InitiateLayerUpload ecr:PutImage ecr:UploadLayerPart on var.repository_arns',
    'kms:DescribeKey kms:GetPublicKey kms:Sign on [module.signing_key.key_arn]',
    'eks:DescribeCluster on ["arn:${data.aws_partition.current.partition}:eks:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:cluster/${var.cluster_name}"]',
  ],
  'modules/data/main.tf': ['s3:* on [aws_s3_bucket.archive.arn, "${aws_s3_bucket.archive.arn}/*"]'],
  'modules/ecr/main.tf': [
    'ecr:ReplicateImage on ["arn:${data.aws_partition.current.partition}:ecr:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:repository/*"]',
  ],
  'modules/keys/main.tf': [
    'kms:* on ["*"]',
    'kms:CreateGrant kms:Decrypt kms:DescribeKey kms:Encrypt kms:GenerateDataKey* kms:ReEncrypt* on ["*"]',
    'kms:Encrypt* kms:Decrypt* kms:ReEncrypt* kms:GenerateDataKey* kms:Describe* on ["*"]',
  ],
  'modules/observability/main.tf': [
    'kms:GenerateDataKey* kms:Decrypt on ["*"]',
    'sns:Publish sns:GetTopicAttributes on [aws_sns_topic.alerts.arn]',
    'aps:RemoteWrite on [aws_prometheus_workspace.this.arn]',
    'aps:QueryMetrics aps:GetLabels aps:GetMetricMetadata aps:GetSeries on [aws_prometheus_workspace.this.arn]',
  ],
  'modules/workloads/main.tf': [
    'kms:GenerateDataKey kms:Decrypt on [var.customers_key_arn]',
    'kafka-cluster:Connect kafka-cluster:DescribeCluster on [var.msk_cluster_arn]',
    'kafka-cluster:DescribeTopic kafka-cluster:DescribeTopicDynamicConfiguration on ["${local.topics}/*"]',
    'kafka-cluster:ReadData on [for topic in statement.value : "${local.topics}/${topic}"]',
    'kafka-cluster:DescribeGroup kafka-cluster:AlterGroup on [for group in statement.value : "${local.groups}/${group}"]',
    'kafka-cluster:WriteData on [for topic in statement.value : "${local.topics}/${topic}"]',
    'kafka-cluster:WriteDataIdempotently on [statement.value]',
    'kafka-cluster:DescribeTransactionalId kafka-cluster:AlterTransactionalId on ["${local.transactional_id}/${statement.value}"]',
    'kafka-cluster:Connect kafka-cluster:DescribeCluster on [var.msk_cluster_arn]',
    'kafka-cluster:DescribeTopic kafka-cluster:DescribeGroup on ["${local.topics}/*", "${local.groups}/*"]',
  ],
};

describe('The rights that Terraform gives', () => {
  it('are these, action by action', () => {
    const found = globSync('**/*.tf', { cwd: terraform })
      .toSorted()
      .map((file) => [
        file,
        [...text(file).matchAll(statements)].map(
          ([, actions = '', resources = '']) =>
            `${[...actions.matchAll(/"([^"]+)"/g)].map(([, action]) => action).join(' ')} on ${resources}`,
        ),
      ])
      .filter(([, found]) => found?.length !== 0);
    expect(Object.fromEntries(found)).toEqual(allowed);
    // And none is written in another form.
    const unread = globSync('**/*.tf', { cwd: terraform }).filter((file) => {
      const mentioned = [...text(file).matchAll(/^\s*(not_)?(actions|resources)\s*=/gm)].length;
      return mentioned !== 2 * (allowed[file]?.length ?? 0) + (others[file] ?? 0);
    });
    expect(unread).toEqual([]);
  });
});

/** Those words in other places: trust in a service of AWS has an action without resources; EKS names what it encrypts. */
const others: Readonly<Record<string, number>> = { 'modules/data/main.tf': 1, 'modules/eks/main.tf': 1 };

describe('What Terraform makes', () => {
  it.each([
    ['modules/msk/main.tf', 'replication_factor  = 3'],
    ['modules/msk/main.tf', 'min_insync_replicas = 2'],
    ['modules/msk/main.tf', '"min.insync.replicas=${local.min_insync_replicas}"'],
    ['modules/msk/main.tf', 'iam           = { port = 9098,'],
    ['modules/eks/main.tf', 'jsonencode({ enableNetworkPolicy = "true" })'],
    ['modules/network/main.tf', 'traffic_type                           = "ALL"'],
    ['modules/network/variables.tf', 'length(distinct(var.availability_zones)) == 3'],
    ['modules/environment/topics.tf', '"retention.ms" = "-1"'],
    ...['dev', 'staging', 'prod'].flatMap((name) =>
      ['System      = "order-processing"', `Environment = "${name}"`, 'ManagedBy   = "terraform"'].map(
        (tag) => [`envs/${name}/versions.tf`, tag] as const,
      ),
    ),
  ])('in %s is as the guarantees need it: %s', (file, line) => {
    expect(text(file)).toContain(line);
  });

  it('reaches the services of AWS without the internet', () => {
    const [, names = ''] =
      /interface_endpoints = toset\(\[([^\]]*)\]\)/.exec(text('modules/network/main.tf')) ?? [];
    expect([...names.matchAll(/"([^"]+)"/g)].map(([, name]) => name)).toEqual([
      ...['aps-workspaces', 'autoscaling', 'ec2', 'ecr.api', 'ecr.dkr', 'eks', 'eks-auth'],
      ...['elasticloadbalancing', 'kms', 'logs', 'secretsmanager', 'sqs', 'sts'],
    ]);
  });
});
