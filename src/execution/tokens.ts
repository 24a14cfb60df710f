/** The names under which the composition root offers the ports to the services. */
export const EVENT_STORE = Symbol('EventStore');
export const CLOCK = Symbol('Clock');
export const LOGGER = Symbol('Logger');
export const VIEWS = Symbol('Views');
export const GENERATIONS = Symbol('Generations');
export const PAYMENT_GATEWAY = Symbol('PaymentGateway');
export const MESSAGE_LOG = Symbol('MessageLog');
export const KEYS = Symbol('Keys');
export const MAILER = Symbol('Mailer');
export const CARRIER = Symbol('Carrier');
