import { type FastifyInstance, type FastifyRequest } from 'fastify';
import { problem, ProblemException } from './problem.js';

export interface AdmissionLimits {
  /** Requests that are worked on at the same time. */
  readonly inHand: number;
  /** Requests that wait for their turn. */
  readonly waiting: number;
  /** How long one waits at most, in milliseconds. */
  readonly patienceMs: number;
  /** Bytes of bodies, sent so far, of requests that are not answered yet; beyond, no more bodies are begun. */
  readonly bodyBytes: number;
}

export interface AdmissionStatus {
  readonly inHand: number;
  readonly waiting: number;
  readonly bodyBytes: number;
  /** Since the start, by reason. */
  readonly refused: Readonly<Record<Refusal, number>>;
}

/** `full`: too many wait; `late`: its turn did not come in time; `bodies`: too much is being sent. */
export type Refusal = 'full' | 'late' | 'bodies';

interface Waiter {
  readonly caller: string;
  /** @param refusal why its turn does not come; undefined: it is its turn */
  settle(refusal?: Refusal): void;
}

/** Seconds; spread, so that those who were refused together do not come back together. */
const retryAfter = { least: 1, most: 4 } as const;

/**
 * How many requests are worked on, and how many wait: what is more is refused before it costs memory. Callers have their
 * turns one after another, and of those who wait the one with the most gives way: whoever floods is in his own way.
 */
export class Admission {
  private readonly queues = new Map<string, Waiter[]>();
  private readonly refused: Record<Refusal, number> = { full: 0, late: 0, bodies: 0 };
  private inHand = 0;
  private waiting = 0;
  private bodyBytes = 0;

  constructor(private readonly limits: AdmissionLimits) {}

  get status(): AdmissionStatus {
    const { inHand, waiting, bodyBytes, refused } = this;
    return { inHand, waiting, bodyBytes, refused: { ...refused } };
  }

  /** Before its body is read. @throws ProblemException when it would be refused in any case */
  announce(caller: string): void {
    if (this.waiting >= this.limits.waiting && this.longest().caller === caller) throw this.refusal('full');
  }

  /** Resolves when the request may go on. @throws ProblemException */
  async enter(caller: string, signal: AbortSignal): Promise<void> {
    if (this.inHand < this.limits.inHand) {
      this.inHand += 1;
      return;
    }
    const refused = await new Promise<Refusal | undefined>((resolve) => {
      const waiter: Waiter = {
        caller,
        settle: (refusal) => {
          clearTimeout(timer);
          signal.removeEventListener('abort', giveUp);
          resolve(refusal);
        },
      };
      const giveUp = (): void => {
        if (this.take(waiter)) waiter.settle('late');
      };
      const timer = setTimeout(giveUp, this.limits.patienceMs);
      signal.addEventListener('abort', giveUp, { once: true });
      this.line(waiter);
    });
    if (refused !== undefined) throw this.refusal(refused);
  }

  /** One that had entered is answered, or its client is gone. */
  leave(): void {
    const next = this.next();
    if (next === undefined) this.inHand -= 1;
    else next.settle();
  }

  /** So many bytes of a body have come; negative: they are dealt with. @throws ProblemException before the first of a body */
  receive(bytes: number): void {
    if (bytes === 0 && this.bodyBytes >= this.limits.bodyBytes) throw this.refusal('bodies');
    this.bodyBytes += bytes;
  }

  /** More than those that had begun their bodies may send. */
  get isFlooded(): boolean {
    return this.bodyBytes >= 2 * this.limits.bodyBytes;
  }

  private line(waiter: Waiter): void {
    const { caller } = waiter;
    this.queues.set(caller, [...(this.queues.get(caller) ?? []), waiter]);
    this.waiting += 1;
    if (this.waiting > this.limits.waiting) this.next(this.longest().caller, 'pop')?.settle('full');
  }

  /** The next one of the caller whose turn it is, who then waits until the others have had theirs. */
  private next(caller = this.queues.keys().next().value, end: 'shift' | 'pop' = 'shift'): Waiter | undefined {
    const queue = caller === undefined ? undefined : this.queues.get(caller);
    const waiter = queue?.[end]();
    if (queue === undefined || caller === undefined || waiter === undefined) return undefined;
    this.waiting -= 1;
    if (end === 'shift') this.queues.delete(caller);
    if (queue.length > 0) this.queues.set(caller, queue);
    else this.queues.delete(caller);
    return waiter;
  }

  private take(waiter: Waiter): boolean {
    const queue = this.queues.get(waiter.caller) ?? [];
    const index = queue.indexOf(waiter);
    if (index < 0) return false;
    queue.splice(index, 1);
    this.waiting -= 1;
    if (queue.length === 0) this.queues.delete(waiter.caller);
    return true;
  }

  private longest(): { readonly caller: string | undefined; readonly length: number } {
    let longest: { caller: string | undefined; length: number } = { caller: undefined, length: 0 };
    for (const [caller, { length }] of this.queues) if (length > longest.length) longest = { caller, length };
    return longest;
  }

  private refusal(reason: Refusal): ProblemException {
    this.refused[reason] += 1;
    const seconds = retryAfter.least + Math.floor(Math.random() * (retryAfter.most - retryAfter.least + 1));
    const detail = `There is more to do than this process can do now. Nothing was done; send it again in ${seconds} s.`;
    return new ProblemException(problem(503, 'OVERLOADED', detail), { 'retry-after': String(seconds) });
  }
}

/**
 * Lets requests in when their bodies have arrived, so that a slow client takes nobody's place.
 * @param isExempt routes that are answered whatever happens, or have bounds of their own
 */
export const admitRequests = (
  fastify: FastifyInstance,
  admission: Admission,
  isExempt: (route: string) => boolean,
): void => {
  const concerns = (request: FastifyRequest): boolean =>
    !request.is404 && !isExempt(request.routeOptions.url ?? '');
  fastify.addHook('onRequest', (request, _reply, done) => {
    if (concerns(request)) admission.announce(nameOf(request));
    done();
  });
  fastify.addHook('preParsing', (request, reply, payload, done) => {
    const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
    if (length === undefined && encoding === undefined) {
      done(null, payload);
      return;
    }
    admission.receive(0);
    let received = 0;
    payload.on('data', (chunk: Buffer) => {
      received += chunk.length;
      admission.receive(chunk.length);
      if (admission.isFlooded) request.raw.destroy();
    });
    reply.raw.once('close', () => {
      admission.receive(-received);
    });
    done(null, payload);
  });
  fastify.addHook('preHandler', async (request, reply) => {
    if (!concerns(request)) return;
    const gone = new AbortController();
    const onClose = (): void => {
      gone.abort();
    };
    reply.raw.once('close', onClose);
    await admission.enter(nameOf(request), gone.signal);
    if (reply.raw.closed) admission.leave();
    else
      reply.raw.once('close', () => {
        admission.leave();
      });
  });
};

/** Whoever says who he is, and everybody else by the address he comes from. */
const nameOf = ({ caller, ip }: FastifyRequest): string => caller?.keys ?? ip;
