import { mkdirSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Workplace } from './fakes.js';

const digest = `sha256:${'1'.repeat(64)}`;
const registry = '222222222222.dkr.ecr.eu-central-1.amazonaws.com';
const repository = `${registry}/order-processing`;
const key = 'awskms:///arn:aws:kms:eu-central-1:222222222222:key/00000000-0000-0000-0000-000000000000';

let place = new Workplace();

beforeEach(() => {
  place = new Workplace();
});

afterEach(() => {
  rmSync(place.folder, { recursive: true });
});

/** The settings are files of the repository that are filled in: their examples are what is tested with. */
describe('deploy/pipeline/settings.sh', () => {
  it('prints what the environment has, and what counts more', () => {
    expect(place.run('settings.sh', ['prod'], { URL: 'http://127.0.0.1:8080' })).toEqual({
      status: 0,
      stdout: [
        ...['AWS_REGION=eu-central-1', 'AWS_ROLE_ARN=arn:aws:iam::333333333333:role/commerce-prod-ci'],
        ...['AWS_PLAN_ROLE_ARN=', 'CLUSTER=commerce-prod'],
        'REPOSITORY=333333333333.dkr.ecr.eu-central-1.amazonaws.com/order-processing',
        ...['SIGNING_KEY=', 'URL=http://127.0.0.1:8080', 'TOKEN_URL=', 'TOKEN_CLIENT='],
        ...['SCHEMA_REGISTRY_URL=', ''],
      ].join('\n'),
      stderr: '',
      called: [],
    });
  });

  it('says all that is wrong, and runs none of it', () => {
    const { status, stderr } = place.run('settings.sh', ['staging'], {
      CLUSTER: '$(touch here)',
      URL: 'https://shop.example/;id',
    });
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: [
        'CLUSTER=$(touch here) is not valid: it must read like commerce-staging.',
        'URL=https://shop.example/;id is not valid: it must read like https://staging.shop.example.',
        'Settings of staging come from deploy/pipeline/settings/staging.env and from the environment.',
        '',
      ].join('\n'),
    });
  });

  it('knows every setting that a file has', () => {
    place.write('staging.env', 'NAME=\n');
    expect(place.run('settings.sh', ['staging'], { SETTINGS: place.folder })).toMatchObject({
      status: 1,
      stderr:
        'NAME is no setting of the pipeline.\nSettings of staging come from HERE/staging.env and from the environment.\n',
    });
  });
});

describe('deploy/pipeline/image.sh', () => {
  const image = (...args: readonly string[]) =>
    place.run('image.sh', args, { VERSION: 'abc-7', REPLICATION_SECONDS: '0' });
  const login = (program: string): readonly string[] => [
    'aws ecr get-login-password --region eu-central-1',
    `${program} login --username AWS --password-stdin ${registry}`,
  ];
  const pushedBefore = (): void => {
    mkdirSync(place.path('reports/image'), { recursive: true });
    place.write('reports/image/digest', `${digest}\n`);
  };

  beforeEach(() => {
    place.fake('aws', 'case "$*" in *get-login-password*) echo secret ;; esac');
    place.fake('cosign', 'case $1 in public-key) echo public ;; login) cat >/dev/null ;; esac');
    place.fake(
      'docker',
      `case "$1 $2" in
        login*) cat >/dev/null ;;
        'image inspect') printf '%s\\n' "elsewhere@${digest}" "${repository}@${digest}" '' ;;
      esac`,
    );
    place.fake('git', 'echo 0123456789abcdef');
  });

  it('builds for one platform, and says of what', () => {
    expect(image('build')).toMatchObject({
      status: 0,
      called: [
        'docker buildx version',
        'git rev-parse HEAD',
        'docker buildx build --load --pull --provenance=false --platform linux/amd64 ' +
          '--label org.opencontainers.image.revision=0123456789abcdef --label org.opencontainers.image.version=abc-7 ' +
          '--tag order-processing-backend:abc-7 .',
      ],
    });
  });

  it('lists what is in it, and compares that with known weaknesses', () => {
    place.fake('syft', 'touch "${4#spdx-json=}"');
    place.fake('grype', 'exit 1');
    expect(image('scan')).toMatchObject({
      status: 1,
      stderr: 'There is no list of what is in the image: make image-sbom first.\n',
    });
    expect(image('sbom')).toMatchObject({
      status: 0,
      called: [
        'syft scan docker:order-processing-backend:abc-7 --output spdx-json=HERE/reports/image/sbom.spdx.json',
      ],
    });
    expect(image('scan')).toMatchObject({
      status: 1,
      called: [
        'grype sbom:HERE/reports/image/sbom.spdx.json --fail-on high --only-fixed --output table ' +
          '--output json=HERE/reports/image/weaknesses.json',
      ],
    });
  });

  it('pushes, and names what it has pushed by the digest that the registry gave it', () => {
    expect(image('push', 'staging')).toEqual({
      status: 0,
      stdout: `${repository}@${digest}\n`,
      stderr: '',
      called: [
        ...login('docker'),
        `docker tag order-processing-backend:abc-7 ${repository}:abc-7`,
        `docker push ${repository}:abc-7`,
        `docker image inspect --format {{range .RepoDigests}}{{println .}}{{end}} ${repository}:abc-7`,
      ],
    });
    expect(place.read('reports/image/digest')).toBe(`${digest}\n`);
  });

  it('signs the digest and the list of what is in it, in no public log', () => {
    expect(image('sign', 'staging')).toMatchObject({
      status: 1,
      stderr: 'No image was pushed from here: make image-push first.\n',
    });
    pushedBefore();
    const signing = `--yes --key ${key} --signing-config HERE/reports/image/signing-config.json`;
    expect(image('sign', 'staging')).toEqual({
      status: 0,
      stdout: '',
      stderr: '',
      called: [
        ...login('cosign'),
        'cosign signing-config create',
        `cosign public-key --key ${key}`,
        `cosign sign ${signing} ${repository}@${digest}`,
        `cosign attest ${signing} --type spdxjson --predicate HERE/reports/image/sbom.spdx.json ${repository}@${digest}`,
      ],
    });
    expect(image('sign', 'prod')).toMatchObject({
      status: 1,
      stderr: 'Images are not signed in prod: it has no SIGNING_KEY.\n',
    });
  });

  it('verifies that the image is there and signed', () => {
    pushedBefore();
    image('sign', 'staging');
    const described =
      'aws ecr describe-images --region eu-central-1 --registry-id 222222222222 --repository-name order-processing ' +
      `--image-ids imageDigest=${digest} --output text`;
    expect(image('verify', 'staging', digest)).toEqual({
      status: 0,
      stdout: `${repository}@${digest} is signed.\n`,
      stderr: '',
      called: [
        ...login('cosign'),
        described,
        `cosign verify --key HERE/reports/image/cosign.pub --insecure-ignore-tlog ${repository}@${digest}`,
      ],
    });
    place.fake('aws', 'case "$*" in *describe-images*) exit 1 ;; esac');
    expect(image('verify', 'staging', digest)).toEqual({
      status: 1,
      stdout: '',
      stderr: `${digest} has not come to ${repository}. Is it replicated to there (images.replicate_to)?\n`,
      called: [...login('cosign'), described],
    });
  });

  it('lets no image pass whose signature is not of that key', () => {
    pushedBefore();
    image('sign', 'staging');
    place.fake(
      'cosign',
      'case $1 in login) cat >/dev/null ;; verify) echo "no signatures found" >&2; exit 10 ;; esac',
    );
    expect(image('verify', 'staging', digest)).toMatchObject({
      status: 10,
      stdout: '',
      stderr: 'no signatures found\n',
    });
  });

  it.each([
    [['pull'], 'pull is none of build, sbom, scan, push, sign, verify.\n'],
    [
      ['verify', 'staging', 'sha256:1'],
      'DIGEST=sha256:1 is not valid: it must be sha256: and 64 hexadecimal digits.\n',
    ],
    [
      ['verify', 'staging', digest],
      'There is no HERE/reports/image/cosign.pub: make image-sign writes it.\n',
    ],
  ])('says what is wrong with %j', (args, stderr) => {
    expect(image(...args)).toEqual({ status: 1, stdout: '', stderr, called: [] });
  });

  it('says which program is missing', () => {
    expect(place.run('image.sh', ['sbom'], { SYFT: 'no-syft', VERSION: '1' })).toMatchObject({
      status: 1,
      stderr: 'There is no no-syft on this machine: it lists what is in the image.\n',
    });
  });
});

describe('deploy/pipeline/infrastructure.sh', () => {
  const role = 'arn:aws:iam::222222222222:role/plan';

  it('validates every environment without an account', () => {
    place.fake('terraform');
    expect(place.run('infrastructure.sh', ['validate'])).toEqual({
      status: 0,
      stdout: '',
      stderr: '',
      called: ['dev', 'staging', 'prod'].flatMap((name) => [
        `terraform -chdir=infra/terraform/envs/${name} init -backend=false -input=false`,
        `terraform -chdir=infra/terraform/envs/${name} validate`,
      ]),
    });
  });

  it('plans nothing without a role that may read, and says so', () => {
    place.fake('terraform');
    expect(place.run('infrastructure.sh', ['plan', 'staging'])).toEqual({
      status: 0,
      stdout: '',
      stderr:
        'SKIPPED, NOT PASSED: terraform plan of staging. AWS_PLAN_ROLE_ARN is not set in deploy/pipeline/settings/staging.env.\n',
      called: [],
    });
  });

  it('says which of its files is missing', () => {
    place.fake('terraform');
    const folder = place.path('roots');
    mkdirSync(`${folder}/staging`, { recursive: true });
    const plan = () =>
      place.run('infrastructure.sh', ['plan', 'staging'], { AWS_PLAN_ROLE_ARN: role, ROOTS: folder });
    const missing = (file: string): string =>
      `There is no HERE/roots/staging/${file}: copy ${file}.example, fill it in, and commit it (git add --force): it holds no secret.\n`;
    expect(plan()).toMatchObject({ status: 1, stderr: missing('backend.hcl'), called: [] });
    place.write('roots/staging/backend.hcl', '');
    expect(plan()).toMatchObject({ status: 1, stderr: missing('terraform.tfvars'), called: [] });
  });

  it.each([
    [0, 0, ''],
    [
      2,
      1,
      'The infrastructure of staging is not what infra/terraform says: HERE/reports/staging/plan.txt. Who may change it applies it first.\n',
    ],
    [1, 1, 'terraform plan of staging ended with 1.\n'],
  ])('a plan that ends with %d ends with %d', (ended, status, stderr) => {
    place.fake('terraform', `case "$*" in *' plan '*) echo "as $AWS_ROLE_ARN"; exit ${ended} ;; esac`);
    mkdirSync(place.path('roots/staging'), { recursive: true });
    for (const file of ['backend.hcl', 'terraform.tfvars']) place.write(`roots/staging/${file}`, '');
    const run = place.run('infrastructure.sh', ['plan', 'staging'], {
      AWS_PLAN_ROLE_ARN: role,
      ROOTS: place.path('roots'),
    });
    expect(run).toEqual({
      status,
      stdout: `as ${role}\n`,
      stderr,
      called: [
        'terraform -chdir=HERE/roots/staging init -backend-config=backend.hcl -input=false',
        'terraform -chdir=HERE/roots/staging plan -input=false -lock=false -no-color -detailed-exitcode',
      ],
    });
    expect(place.read('reports/staging/plan.txt')).toBe(`as ${role}\n`);
  });
});

describe('deploy/pipeline/schemas.sh', () => {
  it('asks the registry of the environment', () => {
    place.fake('npm', 'exit 1');
    const url = 'http://registry.example:8081';
    expect(place.run('schemas.sh', ['staging'], { SCHEMA_REGISTRY_URL: url })).toEqual({
      status: 1,
      stdout: '',
      stderr: '',
      called: [`npm run --silent schemas -- diff --url ${url}`],
    });
  });

  it('says that nobody has asked it, where there is no way to it', () => {
    place.fake('npm');
    expect(place.run('schemas.sh', ['staging'])).toEqual({
      status: 0,
      stdout: '',
      stderr:
        'SKIPPED, NOT PASSED: schemas against the registry of staging. SCHEMA_REGISTRY_URL is not set in ' +
        'deploy/pipeline/settings/staging.env; the migrations Job will ask it.\n',
      called: [],
    });
  });
});

describe('deploy/pipeline/smoke-test.sh', () => {
  const issuer = { TOKEN_URL: 'https://id.shop.example/token', TOKEN_CLIENT: 'pipeline' };
  const order = 'npm run --silent smoke -- --url https://api.staging.shop.example';
  const exchange =
    `curl --fail --silent --show-error ${issuer.TOKEN_URL} --data-urlencode client_id=pipeline --data grant_type=client_credentials ` +
    '--data-urlencode client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer --data-urlencode client_assertion@-';

  beforeEach(() => {
    place.fake('npm', 'echo "with ${SMOKE_TOKEN-none}"');
    place.fake(
      'curl',
      `case "$*" in
        *client_assertion@-*) echo "{\\"access_token\\":\\"for $(cat)\\"}" ;;
        *) echo "{\\"value\\":\\"who asks with $(cat)\\"}" ;;
      esac`,
    );
  });

  it('orders at the edge, without a token where none is wanted, or with the one that it is given', () => {
    expect(place.run('smoke-test.sh', ['staging'])).toEqual({
      status: 0,
      stdout: 'with none\n',
      stderr: '',
      called: [order],
    });
    expect(place.run('smoke-test.sh', ['staging'], { SMOKE_TOKEN: 'given', ...issuer }).stdout).toBe(
      'with given\n',
    );
  });

  it("gets a token for Jenkins' word of who runs here", () => {
    place.write('identity', 'this run');
    const identity = { IDENTITY_TOKEN_FILE: place.path('identity') };
    expect(place.run('smoke-test.sh', ['staging'], { ...issuer, ...identity })).toEqual({
      status: 0,
      stdout: 'with for this run\n',
      stderr: '',
      called: [exchange, order],
    });
  });

  it("gets a token for GitHub's word of who runs here", () => {
    const url = 'https://github.example/identity?api-version=2.0';
    const identity = { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'asking' };
    expect(place.run('smoke-test.sh', ['staging'], { ...issuer, ...identity })).toEqual({
      status: 0,
      stdout: 'with for who asks with Authorization: Bearer asking\n',
      stderr: '',
      called: [
        `curl --fail --silent --show-error --get --data-urlencode audience=${issuer.TOKEN_URL} --header @- ${url}`,
        exchange,
        order,
      ],
    });
  });

  it('says that nobody says who runs here', () => {
    expect(place.run('smoke-test.sh', ['staging'], issuer)).toEqual({
      status: 1,
      stdout: '',
      stderr:
        'Nobody says who runs here: neither IDENTITY_TOKEN_FILE nor ACTIONS_ID_TOKEN_REQUEST_URL is set, nor SMOKE_TOKEN instead.\n',
      called: [],
    });
  });
});
