import { type FastifyInstance, type FastifyRequest } from 'fastify';
import { type Logger } from '../ports/logger.js';
import { problem, ProblemException } from './problem.js';

export interface AdmissionLimits {
  /** Requests that are worked on at the same time. */
  readonly inHand: number;
  /** Requests that wait for their turn. */
  readonly waiting: number;
  /** How long one waits at most, in milliseconds. */
  readonly patienceMs: number;
  /** Bytes of bodies that have come, and of answers that have not been taken; one caller may have a quarter of them. */
  readonly bodyBytes: number;
}

export interface AdmissionStatus {
  readonly inHand: number;
  readonly waiting: number;
  readonly bodyBytes: number;
  /** Since the start, by reason. */
  readonly refused: Readonly<Record<Refusal, number>>;
}

/** `full`: too many wait; `late`: its turn did not come in time; `bodies`: too much is being sent, or not taken. */
export type Refusal = 'full' | 'late' | 'bodies';

interface Waiter {
  readonly caller: string;
  /** @param refusal why its turn does not come; undefined: it is its turn */
  settle(refusal?: Refusal): void;
}

/** More than can be done now: that is no fault, and thousands may be told so. */
export class Overloaded extends ProblemException {}

/** Of what all may have, one may have so much. */
const shareOfOne = 1 / 4;
const warnEveryMs = 1_000;

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
  private readonly bytesOf = new Map<string, number>();
  private warnedAt = -Infinity;

  constructor(
    private readonly limits: AdmissionLimits,
    private readonly logger: Pick<Logger, 'warn'>,
  ) {}

  get status(): AdmissionStatus {
    const { inHand, waiting, bodyBytes, refused } = this;
    return { inHand, waiting, bodyBytes, refused: { ...refused } };
  }

  /** Before its body is read. @throws ProblemException when it would be refused in any case */
  announce(caller: string): void {
    if (this.hasTooMuch(caller)) throw this.refusal('bodies');
    if (this.waiting >= this.limits.waiting && this.longest() === caller) throw this.refusal('full');
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
    if (!this.hasTooMuch(caller)) return;
    this.leave();
    throw this.refusal('bodies');
  }

  /** The answer of one that had entered is ready, or its client is gone. */
  leave(): void {
    const next = this.next();
    if (next === undefined) this.inHand -= 1;
    else next.settle();
  }

  /** A body is about to come. @throws ProblemException */
  expect(): void {
    if (this.bodyBytes >= this.limits.bodyBytes) throw this.refusal('bodies');
  }

  /**
   * So many bytes of a body have come from the caller, or of an answer wait to be taken; negative: not any more.
   * @returns false when that is more than can be kept, whoever's it is
   */
  keep(caller: string, bytes: number): boolean {
    this.bodyBytes += bytes;
    const own = (this.bytesOf.get(caller) ?? 0) + bytes;
    if (own > 0) this.bytesOf.set(caller, own);
    else this.bytesOf.delete(caller);
    return this.bodyBytes < 2 * this.limits.bodyBytes;
  }

  private hasTooMuch(caller: string): boolean {
    return (this.bytesOf.get(caller) ?? 0) >= this.limits.bodyBytes * shareOfOne;
  }

  private line(waiter: Waiter): void {
    const queue = this.queues.get(waiter.caller) ?? [];
    this.queues.set(waiter.caller, queue);
    queue.push(waiter);
    this.waiting += 1;
    if (this.waiting <= this.limits.waiting) return;
    const last = this.queues.get(this.longest() ?? '')?.at(-1);
    if (last !== undefined && this.take(last)) last.settle('full');
  }

  /** Of the caller whose turn it is, who then waits until the others have had theirs. */
  private next(): Waiter | undefined {
    const [turn] = this.queues;
    const [caller, queue] = turn ?? [];
    const waiter = queue?.[0];
    if (caller === undefined || queue === undefined || waiter === undefined) return undefined;
    this.take(waiter);
    if (this.queues.delete(caller)) this.queues.set(caller, queue);
    return waiter;
  }

  /** @returns false when it does not wait any more */
  private take(waiter: Waiter): boolean {
    const queue = this.queues.get(waiter.caller) ?? [];
    const index = queue.indexOf(waiter);
    if (index < 0) return false;
    queue.splice(index, 1);
    this.waiting -= 1;
    if (queue.length === 0) this.queues.delete(waiter.caller);
    return true;
  }

  /** The caller with the most that wait. */
  private longest(): string | undefined {
    let [longest, most]: [string | undefined, number] = [undefined, 0];
    for (const [caller, { length }] of this.queues) if (length > most) [longest, most] = [caller, length];
    return longest;
  }

  private refusal(reason: Refusal): ProblemException {
    this.refused[reason] += 1;
    if (performance.now() - this.warnedAt >= warnEveryMs) {
      this.warnedAt = performance.now();
      this.logger.warn(
        { ...this.status },
        'Requests are refused: there is more to do than this process can do',
      );
    }
    const seconds = retryAfter.least + Math.floor(Math.random() * (retryAfter.most - retryAfter.least + 1));
    const detail = `There is more to do than this process can do now. Nothing was done; send it again in ${seconds} s.`;
    return new Overloaded(problem(503, 'OVERLOADED', detail), { 'retry-after': String(seconds) });
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
    admission.expect();
    const caller = nameOf(request);
    let received = 0;
    payload.on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (!admission.keep(caller, chunk.length)) request.raw.destroy();
    });
    reply.raw.once('close', () => {
      admission.keep(caller, -received);
    });
    done(null, payload);
  });
  fastify.addHook('preHandler', async (request, reply) => {
    if (!concerns(request)) return;
    const gone = new AbortController();
    reply.raw.once('close', () => {
      gone.abort();
      request.leave?.();
    });
    await admission.enter(nameOf(request), gone.signal);
    if (reply.raw.closed) admission.leave();
    else
      request.leave = () => {
        request.leave = undefined;
        admission.leave();
      };
  });
  // Whoever is slow to take an answer keeps no place, but what waits for him is his.
  fastify.addHook('onSend', (request, reply, payload, done) => {
    request.leave?.();
    if (concerns(request) && (typeof payload === 'string' || Buffer.isBuffer(payload))) {
      const caller = nameOf(request);
      const bytes = Buffer.byteLength(payload);
      reply.raw.once('close', () => {
        admission.keep(caller, -bytes);
      });
      if (!admission.keep(caller, bytes)) request.raw.destroy();
    }
    done(null, payload);
  });
};

declare module 'fastify' {
  interface FastifyRequest {
    /** Gives its place to the next one; undefined while it has none. */
    leave?: (() => void) | undefined;
  }
}

/** Whoever says who he is, and everybody else by the address he comes from. */
const nameOf = ({ caller, ip }: FastifyRequest): string => caller?.keys ?? ip;
