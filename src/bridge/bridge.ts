import { type LeadershipOptions } from '../execution/leadership.js';
import { JobRunner } from '../execution/periodic-job.js';
import { type EventStore } from '../ports/event-store.js';
import { type FaultPoints } from '../ports/fault-points.js';
import { type MessageLog } from '../ports/message-log.js';
import { type SchemaRegistry } from '../ports/schema-registry.js';
import { topics } from './catalogue.js';
import { Relay, type RelayPorts, relaySlot, type RelayStatus } from './relay.js';
import { Translation } from './translation.js';
import { isClean, Verification, type VerificationResult } from './verification.js';
import { VerificationJob } from './verification.job.js';

export interface BridgePorts extends LeadershipOptions {
  readonly eventStore: EventStore;
  readonly messageLog: MessageLog;
  readonly schemaRegistry: SchemaRegistry;
  readonly unpublishable: RelayPorts['unpublishable'];
  /** How often store and topics are compared; 0: never. */
  readonly verifyEveryMs: number;
  readonly reached?: FaultPoints | undefined;
}

export interface BridgeStatus {
  readonly relay: RelayStatus;
  /** null where another process compares, or none does. */
  readonly verification: VerificationResult | null;
}

/** What the role `bridge` does: the relay, and beside it the comparison of what it has done with the store. */
export class Bridge {
  private readonly relay: Relay;
  private readonly verifying: { readonly job: VerificationJob; readonly runner: JobRunner } | undefined;

  constructor(ports: BridgePorts) {
    const { eventStore, messageLog, schemaRegistry, verifyEveryMs, logger } = ports;
    const translation = new Translation(schemaRegistry);
    this.relay = new Relay({ ...ports, translation });
    if (verifyEveryMs > 0) {
      const verification = new Verification({ eventStore, messageLog, translation, topics, slot: relaySlot });
      const job = new VerificationJob(verification, verifyEveryMs, logger);
      this.verifying = { job, runner: new JobRunner(job, ports) };
    }
  }

  start(): void {
    this.relay.start();
    this.verifying?.runner.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.relay.stop(), this.verifying?.runner.stop()]);
  }

  get status(): BridgeStatus {
    return { relay: this.relay.status, verification: this.verifying?.job.result ?? null };
  }
}

/** Something wants an operator's look. */
export const isDegraded = ({ relay, verification }: BridgeStatus): boolean =>
  relay.state === 'failed' ||
  relay.state === 'restarting' ||
  relay.deadLettered > 0 ||
  (verification !== null && !isClean(verification));
