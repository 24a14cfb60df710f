import { describe, expect, it } from '@jest/globals';
import { Tracing } from '../adapters/observed/tracing.js';
import { StorageUnavailable } from '../ports/storage.js';
import { loggerTo } from './logger.js';

const logged = () => {
  const lines: Record<string, unknown>[] = [];
  const keep = (line: string): void => {
    const { time, ...fields } = JSON.parse(line) as Record<string, unknown>;
    expect(time).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
    lines.push(fields);
  };
  return { to: { write: keep }, lines };
};

describe('A line of the log', () => {
  it('says what it belongs to, unless it names that itself', async () => {
    const { to, lines } = logged();
    const logger = loggerTo(to, 'info');
    const after = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    logger.info({ a: 1 }, 'before');
    await new Tracing().run({ name: 'any', after, correlationId: 'c-1' }, async () => {
      await Promise.resolve();
      logger.warn({}, 'within');
      logger.error({ correlationId: 'c-2' }, 'of another');
      logger.debug({}, 'not asked for');
    });
    const trace = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };
    expect(lines).toStrictEqual([
      { level: 30, a: 1, msg: 'before' },
      { level: 40, correlationId: 'c-1', ...trace, msg: 'within' },
      { level: 50, correlationId: 'c-2', ...trace, msg: 'of another' },
    ]);
  });

  it('shows neither personal data in objects nor what errors carry beside their message', () => {
    const { to, lines } = logged();
    const logger = loggerTo(to, 'debug');
    const contact = { name: 'Ann', email: 'ann@example.test' };
    logger.info({ contact, order: { contact, id: 'o-1' }, deep: { mail: { to: contact } } }, 'placed');
    const fault = Object.assign(new Error('It failed', { cause: new Error('because of this') }), {
      ...{ code: 'E_X', command: contact, rejected: ['ann@example.test'] },
    });
    logger.error({ err: fault }, 'failed');
    logger.error({ err: new StorageUnavailable('MongoDB is away.', undefined) }, 'waits');
    logger.error({ err: 'no error' }, 'odd');
    const hidden = '[personal data]';
    expect(lines).toMatchObject([
      { contact: hidden, order: { contact: hidden, id: 'o-1' }, deep: { mail: { to: hidden } } },
      { err: { type: 'Error', message: 'It failed: because of this', code: 'E_X' } },
      { err: { type: 'StorageUnavailable', message: 'MongoDB is away.' } },
      { err: { type: 'Error', message: 'no error' } },
    ]);
    expect(Object.keys(lines[1]?.['err'] ?? {})).toEqual(['type', 'message', 'stack', 'code']);
    expect(JSON.stringify(lines)).not.toMatch(/Ann|ann@/);
  });
});
