import { type Provider } from '@nestjs/common';
import { openEmbedded } from '../adapters/embedded/index.js';
import { newOwner } from '../adapters/embedded/leases.js';
import { type EmbeddedSchemaRegistry } from '../adapters/embedded/schema-registry.js';
import { systemClock } from '../adapters/embedded/system-clock.js';
import { noCarrier } from '../adapters/simulated-carrier/no-carrier.js';
import { SimulatedCarrier } from '../adapters/simulated-carrier/simulated-carrier.js';
import { SimulatedGateway } from '../adapters/simulated-gateway/simulated-gateway.js';
import { SmtpMailer } from '../adapters/smtp/smtp-mailer.js';
import { DeadLetterDesk } from '../consumers/dead-letter-desk.js';
import { FULFILMENT_SETTINGS } from '../domains/order/fulfilment.handlers.js';
import { PAYMENT_SETTINGS } from '../domains/payment/payment.reactions.js';
import {
  CARRIER,
  CLOCK,
  EVENT_STORE,
  GENERATIONS,
  KEYS,
  LOGGER,
  MAILER,
  PAYMENT_GATEWAY,
  VIEWS,
} from '../execution/tokens.js';
import { EVENT_STREAM_SETTINGS } from '../http/event-streams.js';
import { type Carrier } from '../ports/carrier.js';
import { type Checkpoints } from '../ports/checkpoints.js';
import { type Clock } from '../ports/clock.js';
import { type DeadLetters } from '../ports/dead-letters.js';
import { type EventStore } from '../ports/event-store.js';
import { type FaultPoints } from '../ports/fault-points.js';
import { type Generations } from '../ports/generations.js';
import { type Keys } from '../ports/keys.js';
import { type Leases } from '../ports/leases.js';
import { type Inbox } from '../ports/inbox.js';
import { type Logger } from '../ports/logger.js';
import { type Mailer } from '../ports/mailer.js';
import { type MessageLog } from '../ports/message-log.js';
import { type PaymentGateway } from '../ports/payment-gateway.js';
import { type Views } from '../ports/views.js';
import { ProjectionDesk } from '../projections/rebuild/desk.js';
import { CONSISTENCY_TIMEOUT_MS } from '../projections/serving-views.js';
import { Decoder } from '../wire/decoder.js';
import { type Config } from './config.js';
import { faultPointsOf } from './fault-points.js';
import { streamsThatFit } from './open-files.js';

/** The ports with the adapters that the configuration chooses. */
export interface Platform {
  readonly eventStore: EventStore;
  readonly checkpoints: Checkpoints;
  readonly views: Views;
  readonly generations: Generations;
  readonly leases: Leases;
  readonly keys: Keys;
  readonly mailer: Mailer;
  readonly messageLog: MessageLog;
  readonly inbox: Inbox;
  readonly deadLetters: DeadLetters;
  readonly schemaRegistry: EmbeddedSchemaRegistry;
  readonly gateway: PaymentGateway;
  readonly carrier: Carrier;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Who this process is when it holds leases. */
  readonly owner: string;
  readonly reached: FaultPoints | undefined;
  close(): Promise<void>;
}

export const openPlatform = (config: Config, logger: Logger): Platform => {
  const smtp =
    config.SMTP_URL === undefined
      ? undefined
      : new SmtpMailer({ url: config.SMTP_URL, from: config.MAIL_FROM });
  const reached = faultPointsOf(config.FAULT_POINT);
  const embedded = openEmbedded({ dataDir: config.DATA_DIR, logger, reached });
  return {
    ...embedded,
    reached,
    mailer: smtp ?? embedded.outbox,
    gateway: new SimulatedGateway({ slowAnswerMs: config.SIMULATED_SLOW_ANSWER_MS }),
    carrier: config.SIMULATED_CARRIER
      ? new SimulatedCarrier({ pauseMs: config.SIMULATED_CARRIER_PAUSE_MS })
      : noCarrier,
    clock: systemClock,
    logger,
    owner: newOwner(),
    close: async () => {
      smtp?.close();
      await embedded.close();
    },
  };
};

export const deskOf = (platform: Platform): DeadLetterDesk =>
  new DeadLetterDesk({
    ...platform,
    log: platform.messageLog,
    decoder: new Decoder(platform.schemaRegistry),
  });

export const projectionDeskOf = (platform: Platform): ProjectionDesk => new ProjectionDesk(platform);

export const platformProviders = (platform: Platform, config: Config): readonly Provider[] => {
  const authorisationTimeoutMs = config.AUTHORISATION_TIMEOUT_SECONDS * 1_000;
  const most = config.ROLES.includes('api') ? streamsThatFit(config.LIVE_STREAMS_MAX, platform.logger) : 0;
  const reservationTtlMs = config.RESERVATION_TTL_SECONDS * 1_000;
  return [
    { provide: EVENT_STORE, useValue: platform.eventStore },
    { provide: VIEWS, useValue: platform.views },
    { provide: GENERATIONS, useValue: platform.generations },
    { provide: CLOCK, useValue: platform.clock },
    { provide: LOGGER, useValue: platform.logger },
    { provide: KEYS, useValue: platform.keys },
    { provide: MAILER, useValue: platform.mailer },
    { provide: PAYMENT_GATEWAY, useValue: platform.gateway },
    { provide: CARRIER, useValue: platform.carrier },
    { provide: DeadLetterDesk, useValue: deskOf(platform) },
    { provide: ProjectionDesk, useValue: projectionDeskOf(platform) },
    { provide: CONSISTENCY_TIMEOUT_MS, useValue: config.CONSISTENCY_TIMEOUT_MS },
    { provide: EVENT_STREAM_SETTINGS, useValue: { most } },
    { provide: FULFILMENT_SETTINGS, useValue: { reservationTtlMs, authorisationTimeoutMs } },
    { provide: PAYMENT_SETTINGS, useValue: { authorisationTimeoutMs } },
  ];
};
