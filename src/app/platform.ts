import { type Provider } from '@nestjs/common';
import { newOwner } from '../adapters/embedded/leases.js';
import { systemClock } from '../adapters/embedded/system-clock.js';
import { ObservedEventStore } from '../adapters/observed/event-store.js';
import { ObservedLeases } from '../adapters/observed/leases.js';
import { type Metrics } from '../adapters/observed/metrics.js';
import { tracedCarrier, tracedGateway, tracedMailer } from '../adapters/observed/traced-calls.js';
import { TracedEventStore } from '../adapters/observed/traced-event-store.js';
import { TracedMessageLog } from '../adapters/observed/traced-message-log.js';
import { type Tracing } from '../adapters/observed/tracing.js';
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
import { type Clock } from '../ports/clock.js';
import { type FaultPoints } from '../ports/fault-points.js';
import { type Logger } from '../ports/logger.js';
import { type Mailer } from '../ports/mailer.js';
import { type PaymentGateway } from '../ports/payment-gateway.js';
import { projectionsOf } from '../projections/all.js';
import { ProjectionDesk } from '../projections/rebuild/desk.js';
import { CONSISTENCY_TIMEOUT_MS } from '../projections/serving-views.js';
import { Decoder } from '../wire/decoder.js';
import { orExplain, sendingMail } from './cannot-start.js';
import { type Config } from './config.js';
import { type Engines, openEngines } from './engines/index.js';
import { faultPointsOf } from './fault-points.js';
import { streamsThatFit } from './open-files.js';

/** The ports with the adapters that the configuration chooses. */
export interface Platform extends Engines {
  readonly mailer: Mailer;
  readonly gateway: PaymentGateway;
  readonly carrier: Carrier;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Who this process is when it holds leases. */
  readonly owner: string;
  readonly reached: FaultPoints | undefined;
}

/** Who is told what happens at the ports. */
export interface Observers {
  readonly metrics?: Metrics | undefined;
  readonly tracing?: Tracing | undefined;
}

/** @throws CannotStart when an engine does not let this process in, or did not answer for too long. */
export const openPlatform = async (
  config: Config,
  logger: Logger,
  { metrics, tracing }: Observers = {},
): Promise<Platform> => {
  const smtp = await orExplain(() => openMailer(config), sendingMail);
  const reached = faultPointsOf(config.FAULT_POINT);
  const engines = await openEngines(config, logger, reached);
  const ports = {
    ...engines,
    ...(metrics && {
      eventStore: new ObservedEventStore(engines.eventStore, metrics),
      leases: new ObservedLeases(engines.leases, metrics),
    }),
    mailer: smtp ?? engines.outbox,
    gateway: new SimulatedGateway({ slowAnswerMs: config.SIMULATED_SLOW_ANSWER_MS }),
    carrier: config.SIMULATED_CARRIER
      ? new SimulatedCarrier({ pauseMs: config.SIMULATED_CARRIER_PAUSE_MS })
      : noCarrier,
  };
  return {
    ...ports,
    ...(tracing?.isOn && {
      eventStore: new TracedEventStore(ports.eventStore, tracing, storeSystem(config)),
      messageLog: new TracedMessageLog(ports.messageLog, tracing),
      mailer: tracedMailer(ports.mailer, tracing),
      gateway: tracedGateway(ports.gateway, tracing),
      carrier: config.SIMULATED_CARRIER ? tracedCarrier(ports.carrier, tracing) : ports.carrier,
    }),
    reached,
    clock: systemClock,
    logger,
    owner: newOwner(),
    close: async () => {
      smtp?.close();
      await engines.close();
    },
  };
};

const storeSystem = (config: Config): string =>
  config.EVENTSTORE_URL === undefined ? 'sqlite' : 'eventstoredb';

const openMailer = ({ SMTP_URL: url, MAIL_FROM: from }: Config): SmtpMailer | undefined =>
  url === undefined ? undefined : new SmtpMailer({ url, from });

export const deskOf = (platform: Platform): DeadLetterDesk =>
  new DeadLetterDesk({
    ...platform,
    log: platform.messageLog,
    decoder: new Decoder(platform.schemaRegistry),
  });

export const projectionDeskOf = (platform: Platform, { SERVICES }: Config): ProjectionDesk =>
  new ProjectionDesk(platform, projectionsOf(SERVICES));

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
    { provide: ProjectionDesk, useValue: projectionDeskOf(platform, config) },
    { provide: CONSISTENCY_TIMEOUT_MS, useValue: config.CONSISTENCY_TIMEOUT_MS },
    { provide: EVENT_STREAM_SETTINGS, useValue: { most, mostOfOne: config.LIVE_STREAMS_OF_ONE_MAX } },
    { provide: FULFILMENT_SETTINGS, useValue: { reservationTtlMs, authorisationTimeoutMs } },
    { provide: PAYMENT_SETTINGS, useValue: { authorisationTimeoutMs } },
  ];
};
