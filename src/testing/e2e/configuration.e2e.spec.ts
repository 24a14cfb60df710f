import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HttpClient } from './http-client.js';
import { type Settings } from './engines.js';
import { freePort, Site } from './program.js';

/** What looks into the embedded engine's files. */
const itEmbedded = Site.isEmbedded ? it : it.skip;

describe('A start that would not be what was meant', () => {
  let site: Site;

  beforeAll(async () => {
    site = await Site.open();
  });

  afterAll(() => site.clean());

  const failedStart = async (settings: Settings): Promise<string> => {
    const program = await site.program(settings);
    program.spawn();
    expect(await program.ended()).toBeGreaterThan(0);
    await program.clean();
    return program.output;
  };

  it.each([
    ['PORT', 'eighty'],
    ['PORT', '70000'],
    ['ROLES', 'api,cook'],
    ['SERVICES', 'shoes'],
    ['SEED_DEMO', 'maybe'],
    ['RESERVATION_TTL_SECONDS', '0'],
  ])('stops with a sentence that names %s=%s', async (name, value) => {
    const output = await failedStart({ [name]: value });
    expect(output).toContain(`${name}=${value}`);
    // A sentence for people, not a stack trace.
    expect(output).not.toContain('    at ');
  });

  it('names every wrong variable at once', async () => {
    const output = await failedStart({ PORT: '-1', ROLES: 'x' });
    expect(output).toContain('PORT=-1');
    expect(output).toContain('ROLES=x');
  });

  itEmbedded('stops when others can read the keys, and says how to mend it', async () => {
    const own = await Site.open();
    await (await own.start()).stop();
    const file = join(own.dataDir, 'keys.db');
    await chmod(file, 0o644);
    const program = await own.program();
    program.spawn();
    expect(await program.ended()).toBe(1);
    expect(program.output).toContain(`chmod 600 ${file}`);
    await chmod(file, 0o600);
    expect(await (await program.start()).readiness()).toBe(200);
    await own.clean();
  });

  it.each([
    ['SMTP_URL', 'mail:secret@host'],
    ['MAIL_FROM', 'nobody'],
  ])('stops when %s cannot be used, showing no password', async (name, value) => {
    const output = await failedStart({ SMTP_URL: 'smtp://localhost', [name]: value });
    expect(output).toContain(`${name} is not valid`);
    expect(output).not.toMatch(/secret|    at /);
  });

  it('stops when its port is taken', async () => {
    const first = await site.start();
    const output = await failedStart({ PORT: new URL(first.http.url).port });
    expect(output).toMatch(/PORT|EADDRINUSE/);
    expect(await first.readiness()).toBe(200);
  });

  itEmbedded('stops when the port of its schema registry is taken', async () => {
    const port = String(await freePort());
    const first = await site.start({ REGISTRY_PORT: port });
    const output = await failedStart({ REGISTRY_PORT: port });
    expect(output).toContain(`REGISTRY_PORT=${port} is in use on 127.0.0.1: stop what listens there`);
    const registry = new HttpClient(`http://127.0.0.1:${port}`);
    expect(await registry.get('/config')).toMatchObject({
      status: 200,
      body: { compatibilityLevel: 'FULL_TRANSITIVE' },
    });
    registry.close();
    expect(await first.stop()).toBe(0);
  });
});
