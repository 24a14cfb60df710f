import { pause } from '../execution/pause.js';
import { type Job } from '../execution/periodic-job.js';
import { type Logger } from '../ports/logger.js';
import { isClean, type Verification, type VerificationResult } from './verification.js';

/** As long as a stretch of work takes, so that a long history costs half of a core at the most. */
const breatherMs = 10;

/** Compares store and topics all the time, a little at a time. Disagreement is an error in the log and in health. */
export class VerificationJob implements Job {
  readonly name = 'bridge-verify';

  constructor(
    private readonly verification: Verification,
    readonly everyMs: number,
    private readonly logger: Logger,
  ) {}

  get result(): VerificationResult {
    return this.verification.result;
  }

  async run(signal: AbortSignal): Promise<void> {
    const before = JSON.stringify(this.result.counts);
    const result = await this.verification.advance(signal, () => pause(breatherMs, signal));
    const { counts, findings } = result;
    if (!isClean(result) && JSON.stringify(counts) !== before) {
      this.logger.error({ counts, findings: findings.slice(-10) }, 'Store and topics do not agree');
    }
  }
}
