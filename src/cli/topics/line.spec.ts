import { describe, expect, it } from '@jest/globals';
import { type Message } from '../../ports/message-log.js';
import { lineOf, toJson, toText } from './line.js';

const message: Message = {
  ...{ topic: 'orders', partition: 3, offset: 7, timestamp: Date.UTC(2026, 10, 24, 12) },
  key: Buffer.from('order-1'),
  value: Buffer.from([0, 0xff]),
  headers: [
    ['event-type', Buffer.from('OrderPlaced')],
    ['seen', Buffer.from('once')],
    ['seen', Buffer.from('twice')],
  ],
};
const line = {
  ...{ topic: 'orders', partition: 3, offset: 7, timestamp: '2026-11-24T12:00:00.000Z', key: 'order-1' },
  headers: { 'event-type': 'OrderPlaced', seen: ['once', 'twice'] },
  valueBase64: 'AP8=',
};

describe('Lines of topics', () => {
  it('say where a message stands and what it holds', async () => {
    const value = { total: { amountMinor: 1_999n } };
    const told = await lineOf(message, () => Promise.resolve(value));
    expect(told).toEqual({ ...line, value });
    expect(JSON.parse(toJson(told))).toEqual({ ...line, value: { total: { amountMinor: '1999' } } });
    expect(toText(told)).toBe('2026-11-24T12:00:00.000Z orders/3@7 order-1 {"total":{"amountMinor":"1999"}}');
  });

  it('say why a value cannot be decoded', async () => {
    const told = await lineOf(message, () => Promise.reject(new Error('No schema 255.')));
    expect(told).toEqual({ ...line, value: null, decodeError: 'No schema 255.' });
    expect(toText(told)).toBe('2026-11-24T12:00:00.000Z orders/3@7 order-1 AP8= (No schema 255.)');
  });

  it('have nothing to decode when there is no value', async () => {
    const empty = { ...message, key: null, value: null, headers: [] };
    const told = await lineOf(empty, () => Promise.reject(new Error('Not asked for.')));
    expect(told).toEqual({ ...line, key: null, headers: {}, valueBase64: null, value: null });
    expect(toText(told)).toBe('2026-11-24T12:00:00.000Z orders/3@7 (no key) null');
  });
});
