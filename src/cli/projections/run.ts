import { isRejection } from '../../kernel/rejection.js';
import { type ProjectionKeeper } from '../../projections/keeper.js';
import { type AuditOutcome, type AuditProgress } from '../../projections/rebuild/audit.js';
import { isEqual } from '../../projections/rebuild/compare.js';
import { type DeskRefusal, type ProjectionDesk, type ViewStatus } from '../../projections/rebuild/desk.js';
import { toDetails, toOverview } from '../../projections/rebuild/projection-documents.js';
import { type ProjectionsOptions } from './arguments.js';
import { Caretaker } from './caretaker.js';
import { auditText, endText, overviewText, viewText } from './print.js';
import { type RebuildProgress } from './progress.js';
import { watch } from './watch.js';

export interface AuditOptions {
  readonly sample: number | null;
  readonly seed: string | undefined;
  readonly parallel: number | undefined;
}

export interface Tools {
  readonly desk: ProjectionDesk;
  /** Not started yet. */
  readonly keep: (name: string) => ProjectionKeeper;
  readonly audit: (
    name: string,
    options: AuditOptions,
    onProgress: (progress: AuditProgress) => void,
  ) => Promise<AuditOutcome>;
  readonly progress: RebuildProgress;
  readonly result: (text: string) => void;
  readonly problem: (text: string) => void;
  readonly signal: AbortSignal;
}

export type ExitCode = 0 | 1 | 2 | 130;

type Of<Verb extends ProjectionsOptions['verb']> = Extract<ProjectionsOptions, { verb: Verb }>;

export const run = (options: ProjectionsOptions, tools: Tools): Promise<ExitCode> => {
  const operator = new Operator(tools);
  switch (options.verb) {
    case 'list':
      return operator.list(options);
    case 'show':
      return operator.show(options);
    case 'rebuild':
      return operator.rebuild(options);
    case 'watch':
      return operator.watch(options);
    case 'switch':
    case 'resume':
      return operator.goOn(options);
    case 'cancel':
      return operator.cancel(options);
    case 'rollback':
      return operator.rollback(options);
    case 'prune':
      return operator.prune(options);
    case 'verify':
      return operator.verify(options);
  }
};

/** What verbs without options are told. */
interface OfView {
  readonly name: string;
}

class Operator {
  constructor(private readonly tools: Tools) {}

  async list({ json }: Of<'list'>): Promise<ExitCode> {
    const overview = await this.tools.desk.overview();
    this.tools.result(json ? JSON.stringify(toOverview(overview)) : overviewText(overview));
    return 0;
  }

  async show({ name, json }: Of<'show'>): Promise<ExitCode> {
    return this.accepted(await this.tools.desk.one(name), (status) => {
      this.tools.result(json ? JSON.stringify(toDetails(status)) : viewText(status));
      return 0;
    });
  }

  /** One after the other; one that cannot be rebuilt does not keep the others from it. */
  async rebuild({ names, wait, hold, fromVersion, parallel }: Of<'rebuild'>): Promise<ExitCode> {
    const switches = hold ? 'on command' : 'when equal';
    return this.each(names, async (name) => {
      const asked = await this.tools.desk.rebuild(name, { switches, fromVersion, parallel });
      return this.accepted(asked, (status) => this.follow(status, wait));
    });
  }

  async watch({ name }: OfView): Promise<ExitCode> {
    return this.accepted(await this.tools.desk.one(name), (status) => {
      if (status.build !== null) return this.follow(status, true);
      this.tools.problem(`No rebuild of ${name} is under way.`);
      return 2;
    });
  }

  async goOn({ verb, name, wait }: Of<'switch' | 'resume'>): Promise<ExitCode> {
    const { desk } = this.tools;
    const outcome = await (verb === 'switch' ? desk.switch(name) : desk.resume(name));
    return this.accepted(outcome, (status) => this.follow(status, wait));
  }

  async cancel({ name }: OfView): Promise<ExitCode> {
    return this.accepted(await this.tools.desk.cancel(name), () => {
      this.tools.result(`The rebuild of ${name} is cancelled; nothing of it is left.`);
      return 0;
    });
  }

  async rollback({ name }: OfView): Promise<ExitCode> {
    const outcome = await this.kept(name, async (caretaker) => {
      await caretaker.look();
      return this.tools.desk.rollback(name);
    });
    return this.accepted(outcome, ({ serving, former: [latest] }) => {
      const kept = latest === undefined ? '' : ` Generation ${latest.number} is kept.`;
      this.tools.result(`Generation ${serving?.number ?? 0} of ${name} serves again.${kept}`);
      return 0;
    });
  }

  async prune({ name }: OfView): Promise<ExitCode> {
    const { desk, result } = this.tools;
    return this.accepted(await desk.one(name), async ({ former }) =>
      this.accepted(await desk.prune(name), () => {
        const removed = former.map(({ number }) => number).join(', ');
        result(
          removed === '' ? `Of ${name} nothing else is kept.` : `Removed of ${name}: generation ${removed}.`,
        );
        return 0;
      }),
    );
  }

  async verify({ names, json, ...options }: Of<'verify'>): Promise<ExitCode> {
    const { audit, progress, result, problem } = this.tools;
    return this.each(names, async (name) => {
      const outcome = await audit(name, options, this.teller(name)).finally(() => {
        progress.end();
      });
      if (outcome.is === 'interrupted') return 130;
      if (outcome.is === 'impossible') {
        problem(outcome.why);
        return 2;
      }
      const { report } = outcome;
      result(json ? JSON.stringify(report) : auditText(report));
      if (report.missing + report.extra + report.changed > 0) return 1;
      return report.unjudged > 0 ? 2 : 0;
    });
  }

  /** The worst of their ends: a difference before what could not be done. */
  private async each(names: readonly string[], work: (name: string) => Promise<ExitCode>): Promise<ExitCode> {
    const codes = new Set<ExitCode>();
    for (const name of names) {
      const code = await work(name);
      if (code === 130) return code;
      codes.add(code);
    }
    return ([1, 2] as const).find((code) => codes.has(code)) ?? 0;
  }

  private async accepted(
    outcome: ViewStatus | DeskRefusal,
    then: (status: ViewStatus) => Promise<ExitCode> | ExitCode,
  ): Promise<ExitCode> {
    if (!isRejection(outcome)) return then(outcome);
    this.tools.problem(outcome.detail);
    return 2;
  }

  private async follow({ name, build }: ViewStatus, wait: boolean): Promise<ExitCode> {
    const { desk, progress, result, signal } = this.tools;
    const { number = 0, switches } = build ?? {};
    if (!wait) {
      result(`Generation ${number} of ${name} is being built: npm run projections -- watch ${name}`);
      return 0;
    }
    return this.kept(name, async (caretaker) => {
      const end = await watch(name, number, { desk, caretaker, progress, signal });
      result(endText(end, number, caretaker.isAtWork));
      switch (end.is) {
        case 'serving':
          return 0;
        case 'interrupted':
          return 130;
        case 'waiting': {
          // Who has asked it to wait has what he wants, unless it differs.
          const comparison = end.status.build?.comparison;
          return switches === 'on command' && (!comparison || isEqual(comparison)) ? 0 : 1;
        }
        case 'failed':
        case 'cancelled':
          return 1;
      }
    });
  }

  private async kept<Result>(name: string, work: (caretaker: Caretaker) => Promise<Result>): Promise<Result> {
    const { desk, keep, progress } = this.tools;
    const caretaker = new Caretaker(name, desk, keep, (text) => {
      progress.note(text);
    });
    try {
      return await work(caretaker);
    } finally {
      await caretaker.stop();
    }
  }

  private teller(name: string): (progress: AuditProgress) => void {
    const started = performance.now();
    return (told) => {
      const { phase } = told;
      const seconds = Math.max(0.001, (performance.now() - started) / 1_000);
      const isReplaying = phase === 'replaying';
      this.tools.progress.show({
        label: name,
        phase,
        fraction: isReplaying ? told.fraction : 1,
        eventsPerSecond: isReplaying ? told.events / seconds : null,
        remainingSeconds:
          isReplaying && told.fraction > 0 ? (seconds / told.fraction) * (1 - told.fraction) : null,
        documents: isReplaying ? null : told.documents,
      });
    };
  }
}
