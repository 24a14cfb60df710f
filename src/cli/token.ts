import { parseArgs } from 'node:util';
import { devAudience, openDevIssuer } from '../app/identity.js';
import { isProduction } from '../app/config.js';
import { CannotStart } from '../app/cannot-start.js';
import { roles } from '../http/caller.js';
import { idSchema } from '../http/input.js';
import { environment, parsedOrUsage, runTool, UsageError } from './platform.js';

const usage = `npm run --silent token -- --role customer --customer CUSTOMER [--ttl 1h]
npm run --silent token -- --role operator|service [--subject NAME] [--ttl 1h]
Prints a token of the development issuer, which a program on the same DATA_DIR, HOST and PORT accepts with DEV_ISSUER=true.
--role may be given several times; --ttl is a number with s, m, h or d.`;

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

const secondsOf = (ttl: string): number => {
  const [, count, unit = ''] = /^([1-9]\d{0,4})([smhd])$/.exec(ttl) ?? [];
  const seconds = unitSeconds[unit];
  if (count === undefined || seconds === undefined)
    throw new UsageError(`--ttl ${ttl} is not like 30m or 1h`);
  return Number(count) * seconds;
};

const optionTypes = {
  role: { type: 'string', multiple: true },
  customer: { type: 'string' },
  subject: { type: 'string' },
  ttl: { type: 'string', default: '1h' },
} as const;

const optionsOf = (args: readonly string[]) => {
  const {
    role: given = [],
    customer,
    subject,
    ttl,
  } = parsedOrUsage(() => parseArgs({ args: [...args], options: optionTypes })).values;
  if (given.length === 0) throw new UsageError(`--role is missing: ${roles.join(', ')} are there`);
  const unknown = given.find((role) => !roles.some((known) => known === role));
  if (unknown !== undefined) throw new UsageError(`unknown role ${unknown}: ${roles.join(', ')} are there`);
  if (given.includes('customer') !== (customer !== undefined)) {
    throw new UsageError('--role customer and --customer go together');
  }
  if (customer !== undefined && !idSchema.safeParse(customer).success) {
    throw new UsageError(`${customer} is no id of a customer`);
  }
  if (customer !== undefined && subject !== undefined) {
    throw new UsageError('the subject of a customer is the customer: leave --subject out');
  }
  return { roles: given, subject: customer ?? subject ?? 'developer', ttlSeconds: secondsOf(ttl) };
};

await runTool(usage, async (args) => {
  const options = optionsOf(args);
  const config = environment();
  if (isProduction(config)) {
    throw new CannotStart(
      'With NODE_ENV=production there is no development issuer: ask OIDC_ISSUER.',
      undefined,
    );
  }
  const issuer = await openDevIssuer(config);
  process.stdout.write(
    `${await issuer.mint({ ...options, audience: config.OIDC_AUDIENCE ?? devAudience })}\n`,
  );
  if (!config.DEV_ISSUER) {
    process.stderr.write(
      'DEV_ISSUER is not set here: a program accepts this token only with DEV_ISSUER=true.\n',
    );
  }
  return 0;
});
