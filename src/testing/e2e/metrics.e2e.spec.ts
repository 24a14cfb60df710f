import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { untilHolds } from '../until.js';
import { HttpClient } from './http-client.js';
import { freePort, type Program, Site } from './program.js';
import { Shop } from './shop.js';

describe('Metrics', () => {
  let site: Site;
  let program: Program;
  let ops: HttpClient;
  let shop: Shop;

  beforeEach(async () => {
    site = await Site.open();
    const port = await freePort();
    program = await site.start({ OPS_PORT: String(port) });
    ops = new HttpClient(`http://127.0.0.1:${port}`);
    shop = new Shop(program.http);
  });
  afterEach(async () => {
    ops.close();
    await site.clean();
  });

  const scrape = async (): Promise<readonly string[]> => {
    const { status, headers, body } = await ops.get('/metrics');
    const type = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
    expect([status, headers['content-type']]).toEqual([200, type]);
    const lines = String(body).split('\n');
    expect(lines.slice(-2)).toEqual(['# EOF', '']);
    return lines;
  };
  const sample = (lines: readonly string[], name: string): string | undefined =>
    lines.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1);

  it('tell of requests, commands, events, views, bridge, reactions and consumers', async () => {
    const sku = await shop.stocked('SKU-1', 1);
    const { orderId } = await shop.place({ [sku]: 1 });
    expect((await shop.ended(orderId)).status.lifecycle).toBe('confirmed');
    expect((await shop.send({ nothing: 1 })).status).toBe(422);
    expect((await shop.send({ [sku]: 1 }, {}, 'twice')).status).toBe(201);
    expect((await shop.send({ [sku]: 1 }, {}, 'twice')).status).toBe(201);

    await untilHolds(async () => {
      const lines = await scrape();
      const value = (name: string) => sample(lines, name);
      expect({
        placed: value(
          'commerce_http_request_duration_seconds_count{method="POST",route="/api/orders",status="201"}',
        ),
        accepted: value('commerce_command_duration_seconds_count{command="PlaceOrder",outcome="accepted"}'),
        repeated: value('commerce_command_duration_seconds_count{command="PlaceOrder",outcome="repeated"}'),
        repeats: value('commerce_idempotent_repeats_total{command="PlaceOrder"}'),
        refused: value('commerce_command_refusals_total{command="PlaceOrder",code="UNKNOWN_SKU"}'),
        events: value('commerce_events_appended_total{type="OrderPlaced"}'),
        lag: value('commerce_projection_lag_events{projection="order_status",version="2",generation="1"}'),
        failed: value('commerce_projection_failed{projection="order_status",version="2",generation="1"}'),
        bridge: value('commerce_bridge_state{state="live"}'),
        bridgeLag: value('commerce_bridge_lag_events'),
        letters: value('commerce_dead_letters{group="shipping",state="failed"}'),
        oldest: value('commerce_dead_letters_oldest_seconds{group="shipping"}'),
        failing: value('commerce_reactions_failing{reaction="fulfilment"}'),
        runtime: value('nodejs_eventloop_lag_seconds') !== undefined,
      }).toEqual({
        ...{ placed: '3', accepted: '2', repeated: '1', repeats: '1', refused: '1', events: '2' },
        ...{ lag: '0', failed: '0', bridge: '1', bridgeLag: '0', letters: '0', oldest: '0', failing: '0' },
        runtime: true,
      });
    });
  });

  it('name a trace behind a slow bucket, and nothing that a client invents', async () => {
    const trace = '0af7651916cd43dd8448eb211c80319c';
    await program.http.get('/api/catalog', { traceparent: `00-${trace}-b7ad6b7169203331-01` });
    await program.http.get('/api/orders/some-id-of-a-client');
    await program.http.get('/no/such/path');
    const lines = await scrape();
    expect(lines.some((line) => line.includes(`# {trace_id="${trace}"}`))).toBe(true);
    const text = lines.join('\n');
    expect(text).toContain('route="/api/orders/:orderId"');
    expect(text).not.toContain('some-id-of-a-client');
    expect(text).not.toContain('such/path');
  });

  it('tell of requests that their clients break off, and keep none of them', async () => {
    const half = await program.http.connect(
      'POST /api/orders HTTP/1.1\r\nhost: shop\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{"cust',
    );
    await untilHolds(async () => {
      expect(sample(await scrape(), 'commerce_http_requests_under_way')).toBe('1');
    });
    half.destroy();
    await untilHolds(async () => {
      const lines = await scrape();
      const route =
        'commerce_http_request_duration_seconds_count{method="POST",route="/api/orders",status="499"}';
      expect([sample(lines, 'commerce_http_requests_under_way'), sample(lines, route)]).toEqual(['0', '1']);
    });
  });

  it('are served at their address alone', async () => {
    expect((await ops.get('/')).status).toBe(404);
    expect((await program.http.get('/metrics')).status).toBe(404);
  });
});
