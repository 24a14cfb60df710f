import { toDetails, toGroup, toSummary } from '../../consumers/dead-letter-documents.js';
import { type DeadLetterDesk } from '../../consumers/dead-letter-desk.js';
import { type DlqOptions } from './arguments.js';
import { discardedText, groupTable, letterText, messageTable, redrivenText } from './print.js';

export interface Output {
  readonly result: (text: string) => void;
  readonly problem: (text: string) => void;
}

/** 0: done; 1: there is no such message. */
export const run = async (options: DlqOptions, desk: DeadLetterDesk, output: Output): Promise<0 | 1> => {
  const tell = <Told>(json: boolean, told: Told, text: (told: Told) => string): void => {
    output.result(json ? JSON.stringify(told) : text(told));
  };
  switch (options.verb) {
    case 'list':
      await list(options, desk, output);
      return 0;
    case 'show': {
      const letter = await desk.get(options.id);
      if (letter === undefined) {
        output.problem(`There is no dead letter ${options.id}, or no more: npm run dlq -- list --messages`);
        return 1;
      }
      const value = await desk.valueOf(letter);
      tell(options.json, toDetails(letter, value), () => letterText(letter, value));
      return 0;
    }
    case 'redrive':
      tell(options.json, await desk.redrive(options.filter, options), redrivenText);
      return 0;
    case 'discard':
      tell(options.json, await desk.discard(options.filter, options), discardedText);
      return 0;
  }
};

/** As JSON, a line for each. */
const list = async (
  { filter, messages, limit, json }: Extract<DlqOptions, { verb: 'list' }>,
  desk: DeadLetterDesk,
  { result }: Output,
): Promise<void> => {
  if (messages) {
    const { items, nextCursor } = await desk.find(filter, { limit });
    if (json) for (const item of items) result(JSON.stringify(toSummary(item)));
    else result(messageTable(items, nextCursor !== null));
    return;
  }
  const groups = await desk.failures(filter, limit);
  if (json) for (const group of groups) result(JSON.stringify(toGroup(group)));
  else result(groupTable(groups, await desk.count(filter)));
};
