import { type OpenRegistry } from '../../app/open-registry.js';
import { SchemaIncompatible } from '../../ports/schema-registry.js';
import { type Difference, differences, registerSchemas } from '../../wire/registration.js';
import { type Output } from './output.js';

export const register = async ({ registry, where }: OpenRegistry, output: Output): Promise<0 | 1> => {
  try {
    const registered = await registerSchemas(registry);
    for (const { subject, version, id } of registered)
      output.result(`${subject}: version ${version}, id ${id}`);
    output.result(`${registered.length} schemas are registered at ${where}.`);
    return 0;
  } catch (error) {
    if (!(error instanceof SchemaIncompatible)) throw error;
    output.problem(
      `${error.message}\nThose before it are registered at ${where}. See: npm run schemas -- diff`,
    );
    return 1;
  }
};

/** 1 when `register` would be refused. */
export const diff = async ({ registry, where }: OpenRegistry, output: Output): Promise<0 | 1> => {
  const found = await differences(registry);
  for (const difference of found) output.result(lineOf(difference));
  const count = (is: Difference['is']): string => `${found.filter((each) => each.is === is).length} ${is}`;
  const counts = (['new', 'new version', 'unchanged', 'incompatible'] as const).map(count);
  output.result(`At ${where}: ${counts.join(', ')}.`);
  return found.some(({ is }) => is === 'incompatible') ? 1 : 0;
};

const lineOf = (difference: Difference): string => {
  switch (difference.is) {
    case 'unchanged':
      return `unchanged     ${difference.subject} (version ${difference.version})`;
    case 'incompatible':
      return [
        `incompatible  ${difference.subject}`,
        ...difference.reasons.map((reason) => `  ${reason}`),
      ].join('\n');
    default:
      return `${difference.is.padEnd(13)} ${difference.subject}`;
  }
};
