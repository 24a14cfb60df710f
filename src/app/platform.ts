import { type Provider } from '@nestjs/common';
import { openEmbedded } from '../adapters/embedded/index.js';
import { newOwner } from '../adapters/embedded/leases.js';
import { systemClock } from '../adapters/embedded/system-clock.js';
import { SimulatedGateway } from '../adapters/simulated-gateway/simulated-gateway.js';
import { FULFILMENT_SETTINGS } from '../domains/order/fulfilment.handlers.js';
import { PAYMENT_SETTINGS } from '../domains/payment/payment.reactions.js';
import { CLOCK, EVENT_STORE, LOGGER, PAYMENT_GATEWAY, VIEWS } from '../execution/tokens.js';
import { type Checkpoints } from '../ports/checkpoints.js';
import { type Clock } from '../ports/clock.js';
import { type EventStore } from '../ports/event-store.js';
import { type Leases } from '../ports/leases.js';
import { type Logger } from '../ports/logger.js';
import { type MessageLog } from '../ports/message-log.js';
import { type PaymentGateway } from '../ports/payment-gateway.js';
import { type Views } from '../ports/views.js';
import { CONSISTENCY_TIMEOUT_MS } from '../projections/serving-views.js';
import { type Config } from './config.js';

/** The ports with the adapters that the configuration chooses. */
export interface Platform {
  readonly eventStore: EventStore;
  readonly checkpoints: Checkpoints;
  readonly views: Views;
  readonly leases: Leases;
  readonly messageLog: MessageLog;
  readonly gateway: PaymentGateway;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Who this process is when it holds leases. */
  readonly owner: string;
  close(): Promise<void>;
}

export const openPlatform = (config: Config, logger: Logger): Platform => ({
  ...openEmbedded({ dataDir: config.DATA_DIR, logger }),
  gateway: new SimulatedGateway({ slowAnswerMs: config.SIMULATED_SLOW_ANSWER_MS }),
  clock: systemClock,
  logger,
  owner: newOwner(),
});

export const platformProviders = (platform: Platform, config: Config): readonly Provider[] => {
  const authorisationTimeoutMs = config.AUTHORISATION_TIMEOUT_SECONDS * 1_000;
  const reservationTtlMs = config.RESERVATION_TTL_SECONDS * 1_000;
  return [
    { provide: EVENT_STORE, useValue: platform.eventStore },
    { provide: VIEWS, useValue: platform.views },
    { provide: CLOCK, useValue: platform.clock },
    { provide: LOGGER, useValue: platform.logger },
    { provide: PAYMENT_GATEWAY, useValue: platform.gateway },
    { provide: CONSISTENCY_TIMEOUT_MS, useValue: config.CONSISTENCY_TIMEOUT_MS },
    { provide: FULFILMENT_SETTINGS, useValue: { reservationTtlMs, authorisationTimeoutMs } },
    { provide: PAYMENT_SETTINGS, useValue: { authorisationTimeoutMs } },
  ];
};
