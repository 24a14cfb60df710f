import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { hasKubectl } from '../../stack/kubernetes/manifests.js';
import { Workplace } from './fakes.js';

const [first, second] = [`sha256:${'1'.repeat(64)}`, `sha256:${'2'.repeat(64)}`] as const;
const repository = '222222222222.dkr.ecr.eu-central-1.amazonaws.com/order-processing';
const image = (digest: string): string => `${repository}@${digest}`;

/** It keeps ConfigMaps, renders what it finds, and is told by files how the migrations and the roll-out end. */
const kubectl = `
call=$*
call=\${call#--namespace order-processing }
case $call in
  kustomize*) cat "\${@: -1}/kustomization.yaml" ;;
  'get configmap '*image}) cat "$FOLDER/$5.image" 2>/dev/null || true ;;
  'get configmap '*manifests}) cat "$FOLDER/$5.manifests" 2>/dev/null || true ;;
  'create configmap '*) echo "$5 \${6#--from-literal=image=} $(base64 --wrap 0 "\${7#--from-file=}")" ;;
  'apply --server-side '*)
    read -r name image manifests <"\${@: -1}"
    echo -n "$image" >"$FOLDER/$name.image"
    echo -n "$manifests" >"$FOLDER/$name.manifests"
    ;;
  'get job '*) cat "$FOLDER/job" ;;
  'get deployment '*) cat "$FOLDER/running" ;;
  *--dry-run=client*) cat "$FOLDER/wanted" ;;
  'rollout status '*) exit "$(cat "$FOLDER/ready")" ;;
esac`;

describe('deploy/pipeline/release.sh', () => {
  let place = new Workplace();

  beforeEach(() => {
    place = new Workplace();
    place.fake('kubectl', kubectl);
    place.write('job', 'SuccessCriteriaMet Complete');
    place.write('ready', '0');
    place.write('running', 'deployment.apps/order-api\ndeployment.apps/bridge\n');
    place.write('wanted', 'configmap/settings\ndeployment.apps/bridge\ndeployment.apps/order-api\n');
  });

  afterEach(() => {
    rmSync(place.folder, { recursive: true });
  });

  const release = (...args: readonly string[]) => {
    const run = place.run('release.sh', args, { KUBECONFIG: '/of/the/cluster' });
    return {
      ...run,
      stderr: run.stderr.replace('The cluster is that of KUBECONFIG=/of/the/cluster.\n', ''),
      called: run.called.map((line) => line.replace(/^kubectl (--namespace order-processing )?/, '')),
    };
  };
  const succeed = (...args: readonly string[]): void => {
    const { status, stderr } = release(...args);
    if (status !== 0) throw new Error(stderr);
  };

  const programs = '--selector app.kubernetes.io/name=order-processing-backend';
  const overlay = 'HERE/reports/staging/deploy/k8s/overlays/release';
  const applied = `apply --kustomize ${overlay}`;
  const parts = 'app.kubernetes.io/component notin (api,process,projector,bridge';
  const kept = (which: string, field: string): string =>
    `get configmap release-${which} --ignore-not-found --output jsonpath={${field}}`;
  const remembered = (which: string, digest: string): readonly string[] => [
    `create configmap release-${which} --from-literal=image=${image(digest)} ` +
      '--from-file=HERE/reports/staging/manifests --dry-run=client --output yaml',
    'apply --server-side --force-conflicts --field-manager pipeline --filename HERE/reports/staging/kept.yaml',
  ];
  const rolledOut = [
    kept('current', '.data.image'),
    `kustomize ${overlay}`,
    `${applied} --selector ${parts},migrations)`,
    'delete job migrations --ignore-not-found',
    `${applied} --selector ${parts})`,
    'get job migrations --output jsonpath={.status.conditions[?(@.status=="True")].type}',
  ];
  const ready = `rollout status deployment ${programs} --timeout 30m`;
  const wentBack = (which: string): readonly string[] => [
    kept(which, '.binaryData.manifests'),
    kept(which, '.data.image'),
    `apply --filename HERE/reports/staging/${which}.yaml --selector app.kubernetes.io/component notin (migrations)`,
    `get deployment ${programs} --output name`,
    `apply --filename HERE/reports/staging/${which}.yaml ${programs} --dry-run=client --output name`,
  ];

  it('rolls out the image by its digest, and keeps what it has rolled out when it is told to', () => {
    expect(release('roll-out', 'staging', first)).toEqual({
      status: 0,
      stdout: '',
      stderr: `staging: from a version that was not kept to ${image(first)}\n`,
      called: [...rolledOut, 'logs job/migrations', applied, ready],
    });
    expect(place.read('reports/staging/release.yaml')).toBe(
      [
        ...['apiVersion: kustomize.config.k8s.io/v1beta1', 'kind: Kustomization', 'resources:'],
        ...['  - ../staging', 'images:', '  - name: order-processing-backend'],
        ...[`    newName: ${repository}`, `    digest: ${first}`, ''],
      ].join('\n'),
    );
    expect(release('keep', 'staging')).toEqual({
      status: 0,
      stdout: '',
      stderr: '',
      called: [kept('current', '.data.image'), ...remembered('current', first)],
    });
    expect(place.read('release-current.image')).toBe(image(first));
  });

  it('remembers the version before, too', () => {
    succeed('roll-out', 'staging', first);
    succeed('keep', 'staging');
    expect(release('roll-out', 'staging', second).stderr).toBe(
      `staging: from ${image(first)} to ${image(second)}\n`,
    );
    expect(release('keep', 'staging').called).toEqual([
      kept('current', '.data.image'),
      kept('current', '.binaryData.manifests'),
      ...remembered('previous', first),
      ...remembered('current', second),
    ]);
    expect([place.read('release-previous.image'), place.read('release-current.image')]).toEqual([
      image(first),
      image(second),
    ]);
  });

  it('keeps nothing of a version twice', () => {
    for (const digest of [first, second, second]) {
      succeed('roll-out', 'staging', digest);
      succeed('keep', 'staging');
    }
    expect([place.read('release-previous.image'), place.read('release-current.image')]).toEqual([
      image(first),
      image(second),
    ]);
  });

  it('rolls nothing out when the migrations fail; back are then settings, policies and autoscalers', () => {
    succeed('roll-out', 'staging', first);
    succeed('keep', 'staging');
    const released = place.read('reports/staging/release.yaml');
    place.write('job', 'FailureTarget Failed');
    expect(release('roll-out', 'staging', second)).toEqual({
      status: 1,
      stdout: '',
      stderr:
        `staging: from ${image(first)} to ${image(second)}\n` +
        'The migrations failed; no process was changed. They said:\n',
      called: [...rolledOut, 'logs job/migrations --all-pods --prefix'],
    });
    expect(release('keep', 'staging')).toEqual({
      status: 1,
      stdout: '',
      stderr: 'Nothing was rolled out to staging from here, or not to its end: make roll-out first.\n',
      called: [],
    });
    expect(release('rollback', 'staging')).toEqual({
      status: 0,
      stdout: '',
      stderr: `staging: back to ${image(first)}\nstaging: ${image(first)} runs again.\n`,
      called: [...wentBack('current'), ready],
    });
    expect(place.read('reports/staging/current.yaml')).toBe(released);
  });

  it('goes back from a roll-out that stalls, and takes away what only the new version has', () => {
    succeed('roll-out', 'staging', first);
    succeed('keep', 'staging');
    place.write('ready', '1');
    expect(release('roll-out', 'staging', second)).toMatchObject({ status: 1 });
    place.write('ready', '0');
    place.write(
      'running',
      'deployment.apps/order-api\ndeployment.apps/loyalty-api\ndeployment.apps/bridge\n',
    );
    expect(release('rollback', 'staging')).toEqual({
      status: 0,
      stdout: '',
      stderr: `staging: back to ${image(first)}\nstaging: ${image(first)} runs again.\n`,
      called: [...wentBack('current'), 'delete deployment.apps/loyalty-api', ready],
    });
  });

  it('says so when the version before does not become ready either', () => {
    succeed('roll-out', 'staging', first);
    succeed('keep', 'staging');
    place.write('ready', '1');
    expect(release('rollback', 'staging')).toEqual({
      status: 1,
      stdout: '',
      stderr: `staging: back to ${image(first)}\n`,
      called: [...wentBack('current'), ready],
    });
  });

  it('goes back one version further when that is asked for, and stays there', () => {
    for (const digest of [first, second]) {
      succeed('roll-out', 'staging', digest);
      succeed('keep', 'staging');
    }
    expect(release('rollback', 'staging', 'previous')).toEqual({
      status: 0,
      stdout: '',
      stderr: `staging: back to ${image(first)}\nstaging: ${image(first)} runs again.\n`,
      called: [...wentBack('previous'), ready, ...remembered('current', first)],
    });
    expect(place.read('release-current.image')).toBe(image(first));
  });

  it('has nothing to go back to before something was kept', () => {
    expect(release('rollback', 'staging')).toEqual({
      status: 1,
      stdout: '',
      stderr: 'There is no current version to go back to in staging: none has been kept.\n',
      called: [kept('current', '.binaryData.manifests')],
    });
  });

  it.each([
    [['roll-out', 'dev', first], 'ENVIRONMENT=dev is not valid: it must be staging or prod.\n'],
    [
      ['roll-out', 'staging', 'latest'],
      'DIGEST=latest is not valid: it must be sha256: and 64 hexadecimal digits.\n',
    ],
    [['rollback', 'staging', 'first'], 'TO=first is neither current nor previous.\n'],
    [['retreat', 'staging'], 'retreat is none of roll-out, keep, rollback.\n'],
  ])('says what is wrong with %j', (args, stderr) => {
    expect(release(...args)).toEqual({ status: 1, stdout: '', stderr, called: [] });
  });

  it('says which program is missing', () => {
    const { status, stderr } = place.run('release.sh', ['keep', 'staging'], { KUBECTL: 'no-kubectl' });
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: 'There is no no-kubectl on this machine: it talks to the cluster.\n',
    });
  });

  it('finds the cluster of the environment by itself', () => {
    place.fake('aws');
    succeed('roll-out', 'staging', first);
    expect(place.run('release.sh', ['keep', 'staging']).called[0]).toBe(
      'aws eks update-kubeconfig --name commerce-staging --region eu-central-1 --kubeconfig HERE/reports/staging/kubeconfig',
    );
  });

  (hasKubectl ? it : it.skip)('names the image by its digest in every process', () => {
    place.fake('kubectl', kubectl.replace(/kustomize\*\).*/, 'kustomize*) exec "$REAL" "$@" ;;'));
    const { status, stderr } = place.run('release.sh', ['roll-out', 'staging', first], {
      KUBECONFIG: '/of/the/cluster',
      REAL: spawnSync('sh', ['-c', 'command -v "${KUBECTL:-kubectl}"'], { encoding: 'utf8' }).stdout.trim(),
    });
    expect({ status, stderr }).toMatchObject({ status: 0 });
    const images = place.read('reports/staging/release.yaml').match(/^ +image: .*order-processing.*$/gm);
    expect(new Set(images?.map((line) => line.trim()))).toEqual(new Set([`image: ${image(first)}`]));
    expect(images).toHaveLength(23);
  });
});
