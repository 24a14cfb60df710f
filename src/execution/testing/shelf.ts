import { type Aggregate } from '../../kernel/decider.js';
import { reject, type Rejection } from '../../kernel/rejection.js';

/** A small aggregate to try things on: units on a shelf. */
export type ShelfCommand =
  | { readonly do: 'put' | 'take'; readonly units: number }
  /** Two events in one command. */
  | { readonly do: 'swap'; readonly take: number; readonly put: number }
  | { readonly do: 'burn' };

export type ShelfEvent =
  | { readonly type: 'UnitsPut'; readonly data: { readonly units: number } }
  | { readonly type: 'UnitsTaken'; readonly data: { readonly units: number } };

export type ShelfRejection = Rejection<'SHELF_EMPTY'>;

const put = (units: number): ShelfEvent => ({ type: 'UnitsPut', data: { units } });
const taken = (units: number): ShelfEvent => ({ type: 'UnitsTaken', data: { units } });

export const shelfEmpty = (units: number): ShelfRejection => reject('SHELF_EMPTY', `There are ${units}.`);

export const shelf: Aggregate<ShelfCommand, ShelfEvent, number, ShelfRejection> = {
  category: 'shelf',
  events: {
    // Version 1 counted dozens.
    UnitsPut: {
      current: 2,
      upcasters: { 1: ({ dozens }: { dozens: number }) => ({ units: dozens * 12 }) },
    },
    UnitsTaken: { current: 1 },
  },
  decider: {
    initial: 0,
    decide: (command, units) => {
      switch (command.do) {
        case 'put':
          return command.units === 0 ? [] : [put(command.units)];
        case 'take':
          if (command.units === 0) return [];
          return command.units > units ? shelfEmpty(units) : [taken(command.units)];
        case 'swap':
          return command.take > units ? shelfEmpty(units) : [taken(command.take), put(command.put)];
        case 'burn':
          throw new Error('fire');
      }
    },
    evolve: (units, event) => units + (event.type === 'UnitsPut' ? event.data.units : -event.data.units),
  },
};
