import { InvalidSchema } from '../../schemas/names.js';
import { type Command } from './arguments.js';
import { check } from './check.js';
import { type Output } from './output.js';
import { readContract } from './contract.js';
import { writeGenerated } from './generated.js';
import { generateTypes } from './types.js';

/** 0: done, or all is well; 1: not; 2: something cannot be read or is no valid schema. */
export const run = async (command: Command, output: Output, root = '.'): Promise<0 | 1 | 2> => {
  if (command.verb === 'check') return check(command, output);
  try {
    return writeGenerated(root, generateTypes(readContract(root)), command, output);
  } catch (error) {
    if (!(error instanceof InvalidSchema)) throw error;
    output.problem(error.message);
    return 2;
  }
};
