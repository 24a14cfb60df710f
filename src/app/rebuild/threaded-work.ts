import { Worker } from 'node:worker_threads';
import { type Comparison } from '../../ports/generations.js';
import { type Projection } from '../../projections/projection.js';
import { type DomainEvent } from '../../kernel/decider.js';
import { type ReplayEnd } from '../../projections/rebuild/replay.js';
import {
  type BuildWork,
  type CompareTask,
  LocalWork,
  type ReplayTask,
  type Watch,
  type WorkPorts,
} from '../../projections/rebuild/work.js';
import { type Config } from '../config.js';
import { type BuildThreadData, type BuildThreadReport, errorOf, threadMemory } from './messages.js';

/** As much is done without a thread, which costs more than it saves. */
const fewEvents = 10_000;

/** Does what is little here, and the rest in a thread. */
export class ThreadedWork implements BuildWork {
  private readonly local: LocalWork<DomainEvent, object>;

  constructor(
    projection: Projection<DomainEvent, object>,
    ports: WorkPorts,
    private readonly config: Config,
  ) {
    this.local = new LocalWork(projection, ports);
  }

  async replay(task: ReplayTask, watch: Watch): Promise<ReplayEnd> {
    let few = 0;
    const onFew: Watch['onProgress'] = (done, position) => {
      few = done;
      watch.onProgress(done, position);
    };
    const end = await this.local.replay({ ...task, mostEvents: fewEvents }, { ...watch, onProgress: onFew });
    if (end.is !== 'out of events') return end;
    const onProgress: Watch['onProgress'] = (done, position) => {
      watch.onProgress(few + done, position);
    };
    const report = await inThread(
      { config: this.config, work: { do: 'replay', task } },
      { ...watch, onProgress },
    );
    if (report.told !== 'replayed') throw new TypeError('The thread did not replay.');
    return report.end;
  }

  async compare(task: CompareTask, watch: Watch): Promise<Comparison> {
    if (task.size <= fewEvents) return this.local.compare(task, watch);
    const report = await inThread({ config: this.config, work: { do: 'compare', task } }, watch);
    if (report.told !== 'compared') throw new TypeError('The thread did not compare.');
    return report.comparison;
  }
}

type Result = Exclude<BuildThreadReport, { told: 'progress' | 'failed' }>;

const inThread = async (data: BuildThreadData, { signal, onProgress }: Watch): Promise<Result> => {
  const thread = new Worker(new URL('./build.thread.js', import.meta.url), {
    workerData: data,
    resourceLimits: threadMemory,
  });
  const { promise, resolve, reject } = Promise.withResolvers<Result>();
  thread.on('message', (report: BuildThreadReport) => {
    if (report.told === 'progress') onProgress(report.done, report.position);
    else if (report.told === 'failed') reject(errorOf(report.fault));
    else resolve(report);
  });
  thread.on('error', reject);
  const ended = new Promise<void>((end) => {
    thread.on('exit', () => {
      reject(new Error('The thread of a rebuild ended by itself.'));
      end();
    });
  });
  const stop = (): void => {
    thread.postMessage('stop');
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', stop);
    await ended;
  }
};
