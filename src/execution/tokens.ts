/** The names under which the composition root offers the ports to the services. */
export const EVENT_STORE = Symbol('EventStore');
export const CLOCK = Symbol('Clock');
export const LOGGER = Symbol('Logger');
export const VIEWS = Symbol('Views');
export const PAYMENT_GATEWAY = Symbol('PaymentGateway');
