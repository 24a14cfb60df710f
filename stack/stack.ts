import { type Engine } from './engine.ts';
import { eventstore } from './eventstore.ts';
import { kafka } from './kafka.ts';
import { Instance } from './lifecycle.ts';
import { mongodb } from './mongodb.ts';
import { registry } from './registry.ts';
import { forgetSettings, savedSettings, saveSettings, type Settings } from './settings.ts';

/** All engines of the stack in a folder. */
export class Stack {
  readonly instances: readonly Instance[];
  private readonly settings: Settings;

  constructor(settings: Settings) {
    this.settings = settings;
    this.instances = [kafka(settings), registry(settings), mongodb(settings), eventstore(settings)]
      .filter((engine): engine is Engine => engine !== undefined)
      .map((engine) => new Instance(engine, settings.directory));
  }

  /** Variables by which the system and its tests find the engines. */
  get environment(): Record<string, string> {
    return Object.assign(
      { STACK_DIR: this.settings.directory },
      ...this.instances.map(({ engine }) => engine.environment),
    ) as Record<string, string>;
  }

  /** Starts all that do not run. If one fails, those that this call has started are stopped. */
  async up(report: (line: string) => void): Promise<void> {
    this.refuseOtherSettings();
    saveSettings(this.settings);
    const started: Instance[] = [];
    const results = await Promise.allSettled(
      this.instances.map(async (instance) => {
        const begin = performance.now();
        const outcome = await instance.start();
        if (outcome === 'started') started.push(instance);
        const took = `${((performance.now() - begin) / 1000).toFixed(1)} s`;
        report(`${instance.engine.title}: ${outcome} (${took}), ${instance.engine.address}`);
      }),
    );
    const failures = results
      .filter((result) => result.status === 'rejected')
      .map(({ reason }) => (reason instanceof Error ? reason.message : String(reason)));
    if (failures.length === 0) return;
    await Promise.all(started.map((instance) => instance.stop()));
    throw new Error(failures.join('\n\n'));
  }

  /** Stops all. Their data stays. */
  async down(report: (line: string) => void): Promise<void> {
    await Promise.all(
      this.instances.map(async (instance) => {
        report(`${instance.engine.title}: ${await instance.stop()}`);
      }),
    );
    forgetSettings(this.settings.directory);
  }

  private refuseOtherSettings(): void {
    const { directory, ...wanted } = this.settings;
    const saved = savedSettings(directory);
    if (saved === undefined || JSON.stringify(saved) === JSON.stringify(wanted)) return;
    if (this.instances.every(({ pid }) => pid === undefined)) return;
    throw new Error(
      `The stack in ${directory} runs with other versions or ports: stop it first (make stack-down).`,
    );
  }
}
