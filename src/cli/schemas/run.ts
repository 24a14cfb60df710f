import { CannotStart } from '../../app/cannot-start.js';
import { InvalidConfiguration } from '../../app/config.js';
import { type OpenRegistry } from '../../app/open-registry.js';
import { RegistryRefusal, RegistryUnavailable, SchemaInvalid } from '../../ports/schema-registry.js';
import { InvalidSchema } from '../../schemas/names.js';
import { type Command } from './arguments.js';
import { check } from './check.js';
import { readContract } from './contract.js';
import { generateDocs } from './docs.js';
import { writeGenerated } from './generated.js';
import { readHistory } from './history.js';
import { type Output } from './output.js';
import { diff, register } from './registration.js';
import { release } from './release.js';
import { generateTypes } from './types.js';

/** What the commands work on. */
export interface Surroundings {
  readonly output: Output;
  /** The repository's root. */
  readonly root: string;
  /** The registry at the URL, else the one of this installation. */
  openRegistry(url: string | undefined): Promise<OpenRegistry>;
}

/** Whose messages say what to do; anything else is a fault of this program. */
const told = [
  InvalidSchema,
  InvalidConfiguration,
  CannotStart,
  RegistryRefusal,
  RegistryUnavailable,
  SchemaInvalid,
];

/** 0: done, or all is well; 1: not; 2: something cannot be read, reached or is no valid schema. */
export const run = async (command: Command, surroundings: Surroundings): Promise<0 | 1 | 2> => {
  const { output, root } = surroundings;
  try {
    switch (command.verb) {
      case 'check':
        return await check(command, output, root);
      case 'types':
        return writeGenerated(root, generateTypes(readContract(root)), command, output);
      case 'docs':
        return writeGenerated(root, generateDocs(readContract(root), readHistory(root)), command, output);
      case 'release':
        return release(root, output);
      case 'register':
      case 'diff': {
        const opened = await surroundings.openRegistry(command.url);
        try {
          return await (command.verb === 'register' ? register : diff)(opened, output);
        } finally {
          await opened.close();
        }
      }
    }
  } catch (error) {
    if (!told.some((kind) => error instanceof kind) || !(error instanceof Error)) throw error;
    output.problem(error.message);
    return 2;
  }
};
