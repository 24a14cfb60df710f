import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { interruption } from '../interruption.ts';
import { type Labels, type Workload } from '../kubernetes/manifests.ts';
import { type Image } from './image.ts';

type Probe = NonNullable<Workload['container']['readinessProbe']>;

export interface PodSettings {
  readonly workload: Workload;
  readonly image: Image;
  readonly environment: Labels;
  /** By the names that the manifest gives them. */
  readonly ports: Readonly<Record<string, number>>;
  readonly log: string;
}

/** After a pod has begun to leave, for so long load balancers have not heard of it. */
const rumourMs = 2_000;

/** One process of a Deployment, with the part of a node in its life: probes, preStop, the signal, the end of patience. */
export class Pod {
  readonly name: string;
  readonly connections = new Agent({ keepAlive: true });
  /** What a node would have to restart it for, or what it had to be killed for. */
  readonly complaints: string[] = [];
  /** The most memory that it had, in bytes, as far as it is known. */
  memory = 0;
  private child: ChildProcess | undefined;
  private isReady = false;
  private isKnown = true;
  private leaving = false;
  private exited: Promise<number | null> = Promise.resolve(null);

  private readonly settings: PodSettings;

  constructor(settings: PodSettings) {
    this.settings = settings;
    this.name = settings.workload.name;
  }

  get takesRequests(): boolean {
    return this.isReady && this.isKnown;
  }

  hasLabels(selector: Labels): boolean {
    return Object.entries(selector).every(([key, value]) => this.settings.workload.labels[key] === value);
  }

  portOf(name: string): number {
    const port = this.settings.ports[name];
    if (port === undefined) throw new Error(`${this.name} has no port ${name}.`);
    return port;
  }

  /** Resolves when it is ready. @throws Error when it ends before, or is not ready in time; with the end of its log */
  async start(patienceMs: number): Promise<void> {
    const { workload, image, environment, log } = this.settings;
    const [file = '', ...args] = workload.container.command ?? image.command;
    const output = openSync(log, 'a');
    const child = spawn(file === 'node' ? process.execPath : file, args, {
      cwd: join(image.root, image.directory),
      stdio: ['ignore', output, output],
      env: { PATH: process.env['PATH'], ...image.environment, ...environment },
    });
    closeSync(output);
    this.child = child;
    this.exited = new Promise((resolve) => {
      child.once('close', resolve);
      child.once('error', (failure) => {
        this.complaints.push(`it cannot be run: ${failure.message}`);
        resolve(null);
      });
    });
    void this.exited.then((code) => {
      this.isReady = false;
      if (!this.leaving) this.complaints.push(`it ended by itself, with ${String(code)}`);
    });
    const { startupProbe, livenessProbe, readinessProbe } = workload.container;
    if (startupProbe === undefined || livenessProbe === undefined || readinessProbe === undefined) {
      throw new Error(`${this.name} has not all three probes.`);
    }
    const deadline = Date.now() + patienceMs;
    await this.firstTime(startupProbe, deadline);
    void this.watchLiveness(livenessProbe);
    await this.firstTime(readinessProbe, deadline);
    this.isReady = true;
    void this.watchReadiness(readinessProbe);
  }

  /** Resolves when it is gone. Requests still come for a while; preStop covers that. */
  async stop(): Promise<void> {
    const { container, template } = this.settings.workload;
    this.leaving = true;
    const rumour = pause(rumourMs).then(() => {
      this.isKnown = false;
    });
    const preStopMs = (container.lifecycle?.preStop.sleep.seconds ?? 0) * 1_000;
    const grace = (template.spec.terminationGracePeriodSeconds ?? 30) * 1_000 - preStopMs;
    await Promise.all([rumour, pause(preStopMs)]);
    this.look();
    this.child?.kill('SIGTERM');
    const isGone = await Promise.race([this.exited.then(() => true), pause(grace, false, { ref: false })]);
    if (!isGone) {
      this.complaints.push(`it had not ended ${grace / 1_000} s after SIGTERM, and was killed`);
      this.child?.kill('SIGKILL');
    }
    const code = await this.exited;
    if (isGone && code !== 0) this.complaints.push(`it ended with ${String(code)} after SIGTERM`);
    this.connections.destroy();
  }

  /** At once, whatever it is doing. */
  async kill(): Promise<void> {
    this.leaving = true;
    this.child?.kill('SIGKILL');
    await this.exited;
    this.connections.destroy();
  }

  private async firstTime(probe: Probe, deadline: number): Promise<void> {
    while (!(await this.answers(probe))) {
      if (this.complaints.length > 0) throw new Error(this.told(this.complaints.join('; ')));
      if (Date.now() > deadline)
        throw new Error(this.told(`it is not ready in time (${probe.httpGet.path})`));
      await pause(probe.periodSeconds * 1_000, undefined, { signal: interruption });
    }
  }

  private async watchReadiness(probe: Probe): Promise<void> {
    let failures = 0;
    while (this.runs()) {
      failures = (await this.answers(probe)) ? 0 : failures + 1;
      this.isReady = this.runs() && failures < probe.failureThreshold;
      this.look();
      await pause(probe.periodSeconds * 1_000, undefined, { ref: false });
    }
  }

  private async watchLiveness(probe: Probe): Promise<void> {
    let failures = 0;
    while (this.runs()) {
      failures = (await this.answers(probe)) ? 0 : failures + 1;
      if (failures === probe.failureThreshold && !this.leaving) {
        this.complaints.push('its liveness probe failed, for which it would be restarted');
      }
      await pause(probe.periodSeconds * 1_000, undefined, { ref: false });
    }
  }

  private runs(): boolean {
    return this.child?.exitCode === null && this.child.signalCode === null;
  }

  private async answers({ httpGet, timeoutSeconds }: Probe): Promise<boolean> {
    try {
      const url = `http://127.0.0.1:${this.portOf(httpGet.port)}${httpGet.path}`;
      return (await fetch(url, { signal: AbortSignal.timeout(timeoutSeconds * 1_000) })).ok;
    } catch {
      return false;
    }
  }

  /** At its memory, where the operating system tells of it: proc_pid_status(5). */
  private look(): void {
    try {
      const status = readFileSync(`/proc/${String(this.child?.pid)}/status`, 'utf8');
      this.memory = Math.max(this.memory, Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1_024);
    } catch {
      // Another system, or the process has just ended.
    }
  }

  private told(what: string): string {
    const end = readFileSync(this.settings.log, 'utf8').trim().split('\n').slice(-10).join('\n');
    return `${this.name}: ${what}. The end of ${this.settings.log}:\n${end}`;
  }
}
