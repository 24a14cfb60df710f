import { type ProjectionKeeper } from '../../projections/keeper.js';
import { type ProjectionDesk } from '../../projections/rebuild/desk.js';

/** Keeps a view while no program does: from the start, or since the one that did has died. */
export class Caretaker {
  private keeper: ProjectionKeeper | undefined;
  private wasKept = false;

  constructor(
    private readonly name: string,
    private readonly desk: Pick<ProjectionDesk, 'keepers'>,
    private readonly keep: (name: string) => ProjectionKeeper,
    private readonly note: (text: string) => void,
  ) {}

  get isAtWork(): boolean {
    return this.keeper !== undefined;
  }

  /** To be asked again and again. */
  async look(): Promise<void> {
    if (this.keeper !== undefined) return;
    const keepers = await this.desk.keepers();
    if (keepers.some(({ projections }) => projections.includes(this.name))) {
      this.wasKept = true;
      return;
    }
    this.note(
      this.wasKept
        ? `The program that kept ${this.name} is gone: this tool goes on with its work.`
        : `No program keeps ${this.name}: this tool does the work.`,
    );
    this.keeper = this.keep(this.name).start();
  }

  async stop(): Promise<void> {
    await this.keeper?.stop();
  }
}
