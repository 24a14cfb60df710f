import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { readConfig } from '../../app/config.js';
import { openLogger } from '../../app/logger.js';
import { openPlatform, type Platform } from '../../app/platform.js';
import { childEnvironment, enginesGiven, openEngines, type OwnEngines, type Settings } from './engines.js';
import * as contract from '../../http/contract.js';
import { HttpClient, read } from './http-client.js';
import { until } from '../until.js';

const main = join(process.cwd(), 'dist/app/main.js');

/** The program as it is built, in a process of its own. */
export class Program {
  readonly http: HttpClient;
  /** What it wrote to both outputs, over all starts. */
  output = '';
  private child: ChildProcess | undefined;
  private readonly killWithUs = (): void => void this.child?.kill('SIGKILL');

  constructor(private readonly settings: Settings) {
    this.http = new HttpClient(`http://127.0.0.1:${settings['PORT'] ?? ''}`);
    process.once('exit', this.killWithUs);
  }

  /** Without waiting for it to be ready. */
  spawn(): void {
    if (!existsSync(main)) throw new Error(`${main} is not there: npm run build`);
    const child = spawn(process.execPath, ['--enable-source-maps', main], {
      env: childEnvironment(this.settings),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    }
    this.child = child;
  }

  /** @param http of somebody who may see the views */
  async start(http = this.http): Promise<this> {
    this.spawn();
    await until('readiness', async () => {
      if (!this.isRunning) throw new Error(`The program ended while it started:\n${this.output}`);
      const status = await this.readiness();
      return status === 200 ? true : undefined;
    });
    const roles = this.settings['ROLES'];
    if (roles === undefined || /api.*projector/.test(roles)) await this.untilViews(http);
    return this;
  }

  /** Queries can be answered once they are there. */
  async untilViews(http = this.http): Promise<void> {
    await until('views to be built', async () => {
      const { items } = read(contract.projections, await http.get('/api/ops/projections'), 200);
      return items.every(({ serving, build }) => serving !== null || build?.phase === 'failed') || undefined;
    });
  }

  /** undefined when nobody answers. */
  async readiness(): Promise<number | undefined> {
    return (await this.http.get('/health/ready').catch(() => undefined))?.status;
  }

  get isRunning(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  signal(signal: NodeJS.Signals): void {
    this.child?.kill(signal);
  }

  /**
   * Stops it where it stands, as a paused machine would; `SIGCONT` lets it go on. Not within a transaction: that holds
   * the lock of a file of the embedded engine, and nobody else could write it until the process goes on or dies.
   */
  async suspend(): Promise<void> {
    await until('the program to stand still outside of a transaction', () => {
      this.signal('SIGSTOP');
      if (!Site.isEmbedded || !isLocked(this.settings['DATA_DIR'] ?? '')) return true;
      this.signal('SIGCONT');
      return undefined;
    });
  }

  /** The exit code; null when a signal ended it. */
  async ended(): Promise<number | null> {
    const { child } = this;
    if (child === undefined) throw new Error('The program was never started.');
    if (this.isRunning) await once(child, 'exit');
    return child.exitCode;
  }

  /** As a power cut would end it. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.ended();
  }

  async stop(): Promise<number | null> {
    this.signal('SIGTERM');
    return this.ended();
  }

  async clean(): Promise<void> {
    if (this.isRunning) await this.kill();
    this.http.close();
    process.removeListener('exit', this.killWithUs);
  }
}

const isLocked = (dataDir: string): boolean => {
  const files = readdirSync(dataDir, { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.db'))
    .some((file) => {
      const db = new Database(join(dataDir, file), { timeout: 200 });
      try {
        db.exec('BEGIN IMMEDIATE; ROLLBACK');
        return false;
      } catch {
        return true;
      } finally {
        db.close();
      }
    });
};

/** A data folder, the engines that the environment names, and the programs that work on them; all of it goes with `clean`. */
export class Site {
  /** Whether all is in the data folder: what looks into its files asks first. */
  static readonly isEmbedded = Object.keys(enginesGiven).length === 0;
  /** For queries that must see a write (CONSISTENCY_TIMEOUT_MS): real engines on a busy machine take their time. */
  static readonly patienceMs = Site.isEmbedded ? '5000' : '30000';

  private readonly programs: Program[] = [];

  private constructor(
    readonly dataDir: string,
    private readonly engines: OwnEngines,
  ) {}

  /** @param engines those of the environment, or others, or some of them: what has no address is embedded. */
  static async open({ engines = enginesGiven }: { readonly engines?: Settings } = {}): Promise<Site> {
    return new Site(await mkdtemp(join(tmpdir(), 'orders-e2e-')), await openEngines(engines));
  }

  /** What every program and tool of the site is started with. */
  get settings(): Settings {
    return {
      DATA_DIR: this.dataDir,
      ...this.engines.settings,
      DEPLOY_ON_START: 'true',
      // A killed process is succeeded soon.
      LEASE_TTL_MS: '1000',
      LOG_LEVEL: 'warn',
    };
  }

  async program(settings: Settings = {}): Promise<Program> {
    const program = new Program({
      ...this.settings,
      PORT: String(await freePort()),
      HOST: '127.0.0.1',
      SEED_DEMO: 'false',
      REGISTRY_PORT: '0',
      VERIFY_EVERY_SECONDS: '0',
      CONSUMER_FIRST_PAUSE_MS: '20',
      ...settings,
    });
    this.programs.push(program);
    return program;
  }

  async start(settings: Settings = {}): Promise<Program> {
    return (await this.program(settings)).start();
  }

  /** The same engines in the process of the spec, to look and to meddle. */
  platform(): Promise<Platform> {
    return openPlatform(readConfig(this.settings), openLogger('silent'));
  }

  async clean(): Promise<void> {
    await Promise.all(this.programs.map((program) => program.clean()));
    await this.engines.clean();
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('No port is free.');
  return address.port;
};
