import { existsSync } from 'node:fs';
import { runUntilStopped } from './main.js';

/** `make dev`: everything in one process on embedded engines, with demo data, and a word on what to try. */
if (existsSync('.env')) process.loadEnvFile('.env');

const program = await runUntilStopped({
  SEED_DEMO: 'true',
  DEPLOY_ON_START: 'true',
  SIMULATED_CARRIER: 'true',
  OPS_PORT: '9100',
  ...process.env,
});

const asksForTokens = process.env['DEV_ISSUER'] === 'true';

if (program !== undefined) {
  const { url } = program;
  process.stdout.write(`
  The order-processing backend is running at ${url} (process ${process.pid}).

  Place an order:

    curl -i ${url}/api/orders -H 'content-type: application/json' \\
      -d '{"customerId":"cust-123","items":[{"sku":"SKU-123","quantity":2}]}'

  See it confirmed, and the stock moved:

    curl '${url}/api/orders?customerId=cust-123'
    curl ${url}/api/inventory/SKU-123

  What happened, step by step, and why:  ${url}/api/orders/{orderId}/timeline
  The mails about it:                    ${url}/api/notifications?orderId={orderId}
  Its events as they leave, in Avro:     npm run topics -- tail commerce.order.events --from-beginning
  The catalogue:                         ${url}/api/catalog
  All of the API:                        ${url}/docs
${
  program.opsUrl === undefined
    ? ''
    : `  Its metrics:                           ${program.opsUrl}
`
}
${
  asksForTokens
    ? `  Requests need a token (roles customer, service and operator). To place the order:

    -H "authorization: Bearer $(DEV_ISSUER=true npm run --silent token -- --role customer --customer cust-123)"

`
    : ''
}  Ctrl-C stops it. Kill it with -9 if you like: nothing is lost or doubled.

`);
}
