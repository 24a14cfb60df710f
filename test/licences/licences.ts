import satisfies from 'spdx-satisfies';
import { z } from 'zod';

/** What production dependencies may be licensed under: what asks for no more than to be named. */
export const allowed: readonly string[] = [
  ...['0BSD', 'Apache-2.0', 'BlueOak-1.0.0', 'BSD-2-Clause', 'BSD-2-Clause-Views', 'BSD-3-Clause'],
  ...['CC0-1.0', 'ISC', 'MIT', 'MIT-0', 'Python-2.0', 'Unlicense', 'Zlib'],
];

/** Packages whose lock entry says nothing that can be compared, as they were read. */
export const read: Readonly<Record<string, string>> = {
  // An older form than SPDX: a list of two to choose from, the other being the public domain.
  tv4: 'MIT',
};

const lockFile = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      license: z.unknown(),
      dev: z.boolean().default(false),
    }),
  ),
});

/** A sentence for every package of production that is licensed under something else, or nobody knows under what. */
export const complaints = (lock: unknown): readonly string[] =>
  Object.entries(lockFile.parse(lock).packages)
    .filter(([path, { dev }]) => path !== '' && !dev)
    .flatMap(([path, { version = '', license }]) => {
      const name = path.replace(/^.*node_modules\//, '');
      const expression = read[name] ?? license;
      if (typeof expression !== 'string') return [`${name} ${version} does not say how it is licensed.`];
      return isAllowed(expression) ? [] : [`${name} ${version} is licensed under ${expression}.`];
    });

const isAllowed = (expression: string): boolean => {
  try {
    return satisfies(expression, [...allowed]);
  } catch {
    // It is no expression of SPDX.
    return false;
  }
};
