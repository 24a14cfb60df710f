import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { smtpServer } from '../../src/adapters/smtp/testing/smtp-server.ts';
import { execute } from '../downloads.ts';
import { interruption } from '../interruption.ts';
import { hasKubectl, render, type Workload, workloadsOf } from '../kubernetes/manifests.ts';
import { freePorts, repository } from '../settings.ts';
import { Edge, routesOf } from './edge.ts';
import { buildImage } from './image.ts';
import { Pod } from './pod.ts';
import { Customers, ended, find, judge, judgeStock, openShop, type Placed, Shop } from './shop.ts';
import { type Addresses, environmentHere, nextOf, runIn, type Version } from './version.ts';

/**
 * `make rehearse`: a roll-out without a cloud, on the engines of the stack. The image's content, the migrations, one process for each
 * pod of the rendered overlay, the smoke test, then one Deployment after the other to a second version, while customers order.
 */

const variables = z.object({
  EVENTSTORE_URL: z.string(),
  KAFKA_BROKERS: z.string(),
  SCHEMA_REGISTRY_URL: z.string(),
  MONGODB_URL: z.string(),
  /** A commit to begin with, instead of the same content. */
  REHEARSE_FROM: z.string().optional(),
  REHEARSE_CUSTOMERS: z.coerce.number().int().min(1).max(64).default(3),
  /** Where logs and images stay, for a look at them. */
  REHEARSE_DIR: z.string().optional(),
});

/** On a busy machine. In the cluster it is the startupProbe's patience, for which every process has a CPU. */
const startPatienceMs = 180_000;
const endPatienceMs = 180_000;
const overlay = 'dev';

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const seconds = (sinceMs: number): string => `${((performance.now() - sinceMs) / 1_000).toFixed(1)} s`;

const timed = async <Result>(what: string, work: () => Promise<Result>): Promise<Result> => {
  const start = performance.now();
  const result = await work();
  print(`${what} (${seconds(start)})`);
  return result;
};

class Rehearsal {
  /** All that run. */
  private readonly pods = new Set<Pod>();
  private readonly gone: Pod[] = [];
  private readonly folder: string;
  private readonly addresses: Addresses;

  constructor(folder: string, addresses: Addresses) {
    this.folder = folder;
    this.addresses = addresses;
    mkdirSync(join(folder, 'logs'), { recursive: true });
  }

  get running(): Iterable<Pod> {
    return this.pods;
  }

  /** What a node would have had to do about them. */
  get complaints(): readonly string[] {
    return this.everyPod.flatMap(({ name, complaints }) => complaints.map((each) => `${name}: ${each}`));
  }

  get everyPod(): readonly Pod[] {
    return [...this.gone, ...this.pods];
  }

  async migrate(version: Version): Promise<void> {
    const [job] = workloadsOf(version.manifests, 'Job');
    if (job === undefined) throw new Error('There is no Job of migrations.');
    await runIn(
      version.image,
      job.container.command ?? version.image.command,
      environmentHere(version, job, this.addresses),
      this.log(version, job.name),
    );
  }

  /** The Deployments one after the other: up, ready, and then the one before may go. */
  async rollOut(version: Version): Promise<void> {
    const leaving: Promise<void>[] = [];
    for (const workload of workloadsOf(version.manifests, 'Deployment')) {
      const before = [...this.pods].filter(({ name }) => name === workload.name);
      for (let replica = 0; replica < (workload.replicas ?? 1); replica += 1) {
        await this.start(version, workload);
        const old = before.pop();
        // It drains while the next one starts.
        if (old !== undefined) leaving.push(this.stop(old));
      }
      leaving.push(...before.map((old) => this.stop(old)));
    }
    await Promise.all(leaving);
  }

  /** A tool of the image, with what the migrations are told. */
  async tool(version: Version, name: string, ...args: readonly string[]): Promise<void> {
    const [job] = workloadsOf(version.manifests, 'Job');
    const environment = job === undefined ? {} : environmentHere(version, job, this.addresses);
    const command = ['node', '--enable-source-maps', `dist/cli/${name}.js`, ...args];
    await runIn(version.image, command, environment, this.log(version, [name, args[0]].join('-')));
  }

  async end(): Promise<void> {
    await Promise.all([...this.pods].map((pod) => pod.kill()));
  }

  private async start(version: Version, workload: Workload): Promise<void> {
    interruption.throwIfAborted();
    const [http = 0, ops = 0] = await freePorts(2);
    const here = { ...this.addresses, HOST: '127.0.0.1', OPS_HOST: '127.0.0.1' };
    const pod = new Pod({
      ...{ workload, image: version.image, ports: { http, ops } },
      environment: environmentHere(version, workload, {
        ...here,
        ...{ PORT: String(http), OPS_PORT: String(ops), TRUST_PROXY: '127.0.0.1' },
      }),
      log: this.log(version, workload.name),
    });
    this.pods.add(pod);
    await timed(`  ${version.name}  ${workload.name}`, () => pod.start(startPatienceMs));
  }

  private async stop(pod: Pod): Promise<void> {
    await pod.stop();
    this.pods.delete(pod);
    this.gone.push(pod);
  }

  private log({ name }: Version, of: string): string {
    return join(this.folder, 'logs', `${of}-${name}.log`);
  }
}

/** Waits for what is under way, then looks at every order. */
const account = async (shop: Shop, placed: readonly Placed[]) => {
  const deadline = Date.now() + endPatienceMs;
  const [lost, doubled]: [string[], string[]] = [[], []];
  let mails = 0;
  for (const each of placed) {
    for (;;) {
      const found = await find(shop, each);
      const verdict = judge(each, found);
      const isRight = verdict.lost.length + verdict.doubled.length === 0;
      if (!isRight && Date.now() < deadline) {
        await pause(200, undefined, { signal: interruption });
        continue;
      }
      lost.push(...verdict.lost);
      doubled.push(...verdict.doubled);
      if (each.hasContact) mails += found.orders.reduce((sum, order) => sum + order.mails.length, 0);
      break;
    }
  }
  return { lost, doubled, mails };
};

const source = async (reference: string, folder: string): Promise<string> => {
  mkdirSync(folder);
  const archive = join(folder, '..', 'source.tar');
  await execute('git', ['-C', repository, 'archive', '--output', archive, reference]);
  await execute('tar', ['-xf', archive, '-C', folder]);
  return folder;
};

const versions = async (folder: string, from: string | undefined): Promise<readonly [Version, Version]> => {
  const build = async (name: string, tree: string): Promise<Version> => {
    const image = await timed(`The image of ${name}, as ${tree}/Dockerfile says`, () =>
      buildImage(tree, join(folder, name), print),
    );
    return { name, image, manifests: render(overlay, tree) };
  };
  if (from !== undefined) {
    const first = await build('v1', await source(from, join(folder, 'source')));
    return [first, await build('v2', repository)];
  }
  const first = await build('v1', repository);
  return [first, { ...first, name: 'v2', image: await nextOf(first.image, join(folder, 'v2')) }];
};

const rehearse = async (): Promise<number> => {
  const parsed = variables.safeParse(process.env);
  if (!parsed.success) throw new Error(`Run it by make rehearse.\n${z.prettifyError(parsed.error)}`);
  const { REHEARSE_FROM, REHEARSE_CUSTOMERS, REHEARSE_DIR, ...engines } = parsed.data;
  if (!hasKubectl) throw new Error('The manifests cannot be rendered without kubectl: install it.');
  const folder = REHEARSE_DIR ?? mkdtempSync(join(tmpdir(), 'rehearsal-'));
  const mail = await smtpServer();
  const rehearsal = new Rehearsal(folder, { ...engines, SMTP_URL: mail.url });
  let edge: Edge | undefined;
  let customers: Customers | undefined;
  let code = 1;
  try {
    const [first, second] = await versions(folder, REHEARSE_FROM);
    await timed('Migrations of v1', () => rehearsal.migrate(first));
    await timed('Roll-out of v1', () => rehearsal.rollOut(first));
    edge = await Edge.open(routesOf(first.manifests), () => rehearsal.running);
    const { url } = edge;
    await timed('Smoke test of v1', () => rehearsal.tool(second, 'smoke', '--url', url));

    const shop = new Shop(url);
    await openShop(shop);
    const visitors = (customers = new Customers(shop, REHEARSE_CUSTOMERS, 'rehearsal'));
    await visitors.more(10, startPatienceMs);
    await timed('Migrations of v2', () => rehearsal.migrate(second));
    const rolled = performance.now();
    await timed('Roll-out of v2', () => rehearsal.rollOut(second));
    const took = seconds(rolled);
    await visitors.more(10, startPatienceMs);
    await visitors.close();
    const [requests, early, failed] = [shop.requests, shop.early, [...shop.failures]];
    await timed('Smoke test of v2', () => rehearsal.tool(second, 'smoke', '--url', url));

    const accountant = new Shop(url);
    const { lost, doubled, mails } = await timed('Every order looked at', () =>
      account(accountant, visitors.placed),
    );
    const stock = await judgeStock(accountant, visitors.placed);
    // What the smoke tests did had no contact.
    const ids = mail.received.map(({ data }) => /^Message-ID: (.*)$/m.exec(data)?.[1] ?? '');
    const twice = ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `mail ${id}`);
    const fewer = new Set(ids).size < mails ? [`of ${mails} mails ${new Set(ids).size} arrived`] : [];
    await timed('Store and topics compared', () => rehearsal.tool(second, 'bridge', 'verify'));
    await timed('Store and views compared', () => rehearsal.tool(second, 'projections', 'verify'));

    const results = {
      'requests failed': failed,
      'orders lost': [...lost, ...stock, ...fewer],
      'orders doubled': [...doubled, ...twice],
      complaints: rehearsal.complaints,
    };
    const largest = rehearsal.everyPod.reduce((one, other) => (other.memory > one.memory ? other : one));
    print('');
    print(`${workloadsOf(second.manifests, 'Deployment').length} Deployments rolled in ${took}.`);
    print(
      `${requests} requests (${early} of them too early for a view, and repeated), ${visitors.placed.length} orders (${ended}), ${ids.length} mails.`,
    );
    print(`Most memory: ${largest.name}, ${Math.round(largest.memory / 1_048_576)} MiB.`);
    for (const [what, lines] of Object.entries(results)) {
      print(`${what.padEnd(16)} ${lines.length}`);
      for (const line of lines.slice(0, 20)) print(`  ${line}`);
    }
    code = Object.values(results).every((lines) => lines.length === 0) ? 0 : 1;
  } finally {
    await customers?.close();
    await edge?.close();
    await rehearsal.end();
    await mail.close();
    if (code !== 0 || REHEARSE_DIR !== undefined) print(`Logs and images are in ${folder}.`);
    else rmSync(folder, { recursive: true, force: true });
  }
  return code;
};

try {
  process.exitCode = await rehearse();
} catch (failure) {
  console.error(failure instanceof Error ? failure.message : failure);
  process.exitCode = interruption.aborted ? 130 : 1;
}
