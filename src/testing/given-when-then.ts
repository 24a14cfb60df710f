import { expect } from '@jest/globals';
import { type Decider, type DomainEvent, fold } from '../kernel/decider.js';
import { type Rejection } from '../kernel/rejection.js';

/**
 * A decider's specification: given these facts, when this is commanded, then exactly these are decided, or it is
 * refused with this code (and this path, or none).
 */
export const given = <Command, Event extends DomainEvent, State, Refusal extends Rejection>(
  decider: Decider<Command, Event, State, Refusal>,
  ...facts: readonly Event[]
) => ({
  when: (command: Command) => {
    const decided = decider.decide(command, fold(decider, facts));
    return {
      then: (...events: readonly Event[]): void => {
        expect(decided).toStrictEqual(events);
      },
      thenRejected: (
        code: Refusal['code'],
        { path, detail }: { path?: string; detail?: RegExp } = {},
      ): void => {
        expect(decided).toStrictEqual({
          rejected: true,
          code,
          detail: expect.stringMatching(detail ?? /./),
          ...(path === undefined ? {} : { path }),
        });
      },
    };
  },
});
