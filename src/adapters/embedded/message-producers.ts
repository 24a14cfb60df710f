import { type Database } from './database.js';

/** The slots of transactional producers, as they are stored. */
export const producerRows = (db: Database) => {
  const open = db
    .prepare<[string], number>(
      `INSERT INTO message_producers (slot, epoch) VALUES (?, 1)
       ON CONFLICT (slot) DO UPDATE SET epoch = epoch + 1 RETURNING epoch`,
    )
    .pluck();
  const select = db
    .prepare<[string], string | null>('SELECT checkpoint FROM message_producers WHERE slot = ?')
    .pluck();
  const update = db.prepare<[string, string, number]>(
    'UPDATE message_producers SET checkpoint = ? WHERE slot = ? AND epoch = ?',
  );
  return {
    /** Part of a transaction. @returns the epoch of the new producer. */
    open: (slot: string): number => open.get(slot) ?? 0,
    checkpoint: (slot: string): string | undefined => select.get(slot) ?? undefined,
    /** Part of a transaction. false when a newer producer has been opened. */
    save: (slot: string, epoch: number, checkpoint: string): boolean =>
      update.run(checkpoint, slot, epoch).changes > 0,
  };
};
