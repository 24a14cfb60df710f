import { Inject, Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { derivedId } from '../../execution/derived-id.js';
import { type Job } from '../../execution/periodic-job.js';
import { CLOCK, LOGGER } from '../../execution/tokens.js';
import { type Instant } from '../../kernel/envelope.js';
import { type Clock } from '../../ports/clock.js';
import { type Logger } from '../../ports/logger.js';
import { type Deadline, deadlinesProjection } from '../../projections/deadlines/deadlines.projection.js';
import { dueDeadlines } from '../../projections/deadlines/deadlines.query.js';
import { ServingViews, ViewUnbuilt } from '../../projections/serving-views.js';
import { ChangeFulfilment } from './fulfilment.handlers.js';

const mostAtOnce = 500;

/** That a view is still being built for the first time is told by whoever builds it. */
const untilItIsBuilt = (error: unknown): undefined => {
  if (!(error instanceof ViewUnbuilt)) throw error;
};

/** Tells fulfilment of the deadlines that have passed. They are in a view, so they outlive a restart. */
@Injectable()
export class DeadlineJob implements Job {
  readonly name = 'deadlines';
  readonly everyMs = 200;

  constructor(
    private readonly commands: CommandBus,
    private readonly views: ServingViews,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async run(): Promise<void> {
    const now = this.clock.now();
    const view = await this.views.upTo(deadlinesProjection, undefined).catch(untilItIsBuilt);
    if (view === undefined) return;
    const due = await dueDeadlines(view, now, mostAtOnce);
    const passed = await Promise.allSettled(due.map((deadline) => this.pass(deadline, now)));
    // One that fails must not hold up the others; it is still due the next time.
    for (const [index, result] of passed.entries()) {
      if (result.status === 'fulfilled') continue;
      const orderId = due[index]?.orderId;
      this.logger.error(
        { err: result.reason as unknown, orderId },
        `The deadline of order ${orderId ?? ''} could not be passed on`,
      );
    }
  }

  private async pass({ orderId, dueAt, causationId, correlationId }: Deadline, at: Instant): Promise<void> {
    const commandId = derivedId('deadline', orderId, dueAt);
    const context = { commandId, correlationId, causationId, actor: 'deadline' };
    await this.commands.execute(new ChangeFulfilment(orderId, { do: 'passDeadline', at }, context));
  }
}
