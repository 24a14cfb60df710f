import { existsSync, mkdirSync, readFileSync, truncateSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { type Engine } from './engine.ts';
import { interruption } from './interruption.ts';
import { endProcess, runningProcess, startProcess } from './process.ts';

const startPatienceMs = 90_000;
const stopPatienceMs = 30_000;

/** One engine of the stack in a folder, whoever started it. */
export class Instance {
  readonly engine: Engine;
  private readonly folder: string;
  private readonly record: string;
  readonly log: string;

  constructor(engine: Engine, directory: string) {
    this.engine = engine;
    this.folder = join(directory, engine.name);
    this.record = join(directory, `${engine.name}.pid`);
    this.log = join(directory, `${engine.name}.log`);
  }

  get pid(): number | undefined {
    return runningProcess(this.record)?.pid;
  }

  /** Resolves when it answers requests. */
  async start(): Promise<'started' | 'was running'> {
    mkdirSync(this.folder, { recursive: true });
    // Outside of the lock: a download is long.
    if (this.pid === undefined) await this.engine.command(this.folder);
    return this.alone(async () => {
      interruption.throwIfAborted();
      const wasRunning = this.pid !== undefined;
      if (!wasRunning) {
        await this.refuseTakenPorts();
        if (existsSync(this.log)) truncateSync(this.log);
        await startProcess(await this.engine.command(this.folder), this.record, this.log);
      }
      try {
        await this.answers();
      } catch (failure) {
        if (!wasRunning) await endProcess(this.record, 'SIGTERM', stopPatienceMs);
        throw failure;
      }
      return wasRunning ? 'was running' : 'started';
    });
  }

  stop(): Promise<'ended' | 'was not running'> {
    return this.alone(() => endProcess(this.record, 'SIGTERM', stopPatienceMs));
  }

  /** It has no chance to finish anything. */
  kill(): Promise<'ended' | 'was not running'> {
    return this.alone(() => endProcess(this.record, 'SIGKILL', stopPatienceMs));
  }

  private async answers(): Promise<void> {
    const deadline = Date.now() + startPatienceMs;
    for (;;) {
      try {
        await this.engine.settle?.();
        await this.engine.probe();
        return;
      } catch (failure) {
        interruption.throwIfAborted();
        if (this.pid === undefined)
          throw new Error(`${this.engine.title} ended when it was started.\n${this.endOfLog()}`);
        if (Date.now() > deadline)
          throw new Error(
            `${this.engine.title} did not answer within ${startPatienceMs / 1000} s: ${String(failure)}\n${this.endOfLog()}`,
          );
      }
      await pause(100);
    }
  }

  private async refuseTakenPorts(): Promise<void> {
    for (const port of this.engine.ports)
      if (await isTaken(port))
        throw new Error(
          `${this.engine.title} cannot be started: something else listens on 127.0.0.1:${port}. Choose another port (stack/stack help).`,
        );
  }

  private endOfLog(): string {
    if (!existsSync(this.log)) return '';
    return `The end of ${this.log}:\n${readFileSync(this.log, 'utf8').trim().split('\n').slice(-20).join('\n')}`;
  }

  /** One change at a time; the lock is the operating system's, so it ends with whoever holds it. */
  private async alone<Result>(work: () => Promise<Result>): Promise<Result> {
    mkdirSync(this.folder, { recursive: true });
    const lock = new Database(`${this.record}.lock`, { timeout: 0 });
    try {
      for (;;) {
        try {
          lock.exec('BEGIN EXCLUSIVE');
          break;
        } catch (failure) {
          if (!(failure instanceof Database.SqliteError) || failure.code !== 'SQLITE_BUSY') throw failure;
          await pause(50);
        }
      }
      return await work();
    } finally {
      lock.close();
    }
  }
}

const isTaken = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
