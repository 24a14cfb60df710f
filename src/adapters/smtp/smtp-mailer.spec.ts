import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Mail } from '../../ports/mailer.js';
import { SmtpMailer, SmtpMisconfigured } from './smtp-mailer.js';
import { smtpServer } from './testing/smtp-server.js';

const from = 'Orders <orders@shop.example>';
const mail: Mail = {
  id: '3f0d0c9e-0000-5000-8000-000000000000/1',
  customerId: 'ann',
  to: { name: 'Änn, "Example"', email: 'ann@example.test' },
  subject: 'Your order o-1 is on its way',
  text: 'Hello Änn,\n\n2 × mug\n.\nbye\n',
};

/** All that the error tells; undefined when there is none. */
const faultOf = async (sending: Promise<void>): Promise<object | undefined> => {
  try {
    await sending;
    return undefined;
  } catch (error) {
    const { name, message, ...rest } = error as Error;
    return { name, message, ...rest };
  }
};

/** Quoted-printable (RFC 2045, 6.7). */
const decoded = (text: string): string =>
  decodeURIComponent(
    text
      .replaceAll('=\r\n', '')
      .replaceAll('%', '%25')
      .replaceAll(/=(?=[0-9A-F]{2})/g, '%'),
  );

describe('The SMTP mailer', () => {
  let server: Awaited<ReturnType<typeof smtpServer>>;
  let mailer: SmtpMailer;

  beforeEach(async () => {
    server = await smtpServer();
    mailer = new SmtpMailer({ url: server.url, from });
  });

  afterEach(async () => {
    mailer.close();
    await server.close();
  });

  it('hands a mail over, with an id that follows from the mail, and keeps none', async () => {
    await mailer.send(mail);
    expect(server.received).toHaveLength(1);
    const [{ from: sender, to, data } = { from: '', to: [], data: '' }] = server.received;
    expect({ sender, to }).toStrictEqual({ sender: '<orders@shop.example>', to: ['<ann@example.test>'] });
    const [head = '', ...body] = data.split('\r\n\r\n');
    expect(head).toContain('From: Orders <orders@shop.example>');
    expect(head).toContain('To: =?UTF-8?');
    expect(head).toContain('<ann@example.test>');
    expect(head).toContain('Subject: Your order o-1 is on its way');
    expect(head).toContain(`Message-ID: <${mail.id}@shop.example>`);
    expect(head).toContain('Content-Type: text/plain; charset=utf-8');
    expect(head).toContain('Content-Transfer-Encoding: quoted-printable');
    // A line that is a dot has gone through as two (RFC 5321, 4.5.2).
    expect(decoded(body.join('\r\n\r\n')).replace('\r\n..\r\n', '\r\n.\r\n')).toBe(
      mail.text.replaceAll('\n', '\r\n'),
    );
    expect(await mailer.sent()).toStrictEqual([]);
  });

  it('hands the same mail over again under the same id', async () => {
    await mailer.send(mail);
    await mailer.send(mail);
    const ids = server.received.map(({ data }) => /^Message-ID: (.*)$/m.exec(data)?.[1]);
    expect(ids).toStrictEqual([`<${mail.id}@shop.example>`, `<${mail.id}@shop.example>`]);
  });

  it.each([
    ['RCPT TO', '550 5.1.1 <ann@example.test>: no such user', 'SMTP_550', 'the recipient', '550 5.1.1'],
    ['RCPT TO', '553 ann@example.test', 'SMTP_553', 'the recipient', '553'],
    ['DATA', '554 no', 'SMTP_554', 'the mail', '554'],
    ['end of data', '552 5.3.4 too big for ann@example.test', 'SMTP_552', 'the mail', '552 5.3.4'],
  ])('tells what is refused for good at %s: %s', async (moment, answer, code, what, shown) => {
    server.answers[moment] = answer;
    expect(await faultOf(mailer.send(mail))).toStrictEqual({
      name: 'MailRefused',
      code,
      message: `The mail server refused ${what} for good (${shown}).`,
    });
  });

  it.each([
    ['greeting', '554 5.7.1 not you', 'at CONN (554 5.7.1)'],
    ['MAIL FROM', '550 5.7.1 orders@shop.example', 'at MAIL FROM (550 5.7.1)'],
    ['RCPT TO', '451 4.7.1 <ann@example.test> later', 'at RCPT TO (451 4.7.1)'],
    ['RCPT TO', '421 closing', 'at RCPT TO (421)'],
    ['end of data', '451 ann@example.test later', 'at DATA (451)'],
  ])('throws what may go better later at %s: %s, naming nobody', async (moment, answer, shown) => {
    server.answers[moment] = answer;
    const fault = await faultOf(mailer.send(mail));
    expect(fault).toStrictEqual({
      name: 'MailUnavailable',
      message: `The mail server did not take the mail ${shown}.`,
    });
    server.answers[moment] = moment === 'greeting' ? '220 test' : '250 ok';
    await mailer.send(mail);
    expect(server.received.at(-1)?.to).toStrictEqual(['<ann@example.test>']);
  });

  it('throws a login that is refused: it is no fault of the mail', async () => {
    server.answers['EHLO'] = '250-test\r\n250 AUTH PLAIN';
    server.answers['AUTH'] = '535 5.7.8 user ann is unknown';
    const login = new SmtpMailer({ url: server.url.replace('//', '//ann:secret@'), from });
    expect(await faultOf(login.send(mail))).toStrictEqual({
      name: 'MailUnavailable',
      message: 'The mail server did not take the mail at AUTH PLAIN (535 5.7.8).',
    });
    login.close();
  });

  it('throws while there is no server', async () => {
    await server.close();
    const fault = await faultOf(mailer.send(mail));
    expect(fault).toStrictEqual({
      name: 'MailUnavailable',
      message: 'The mail server did not take the mail at CONN (ECONNREFUSED).',
    });
    server = await smtpServer();
  });

  it('does not send to what is no address', async () => {
    const fault = await faultOf(mailer.send({ ...mail, to: { name: 'Ann', email: '' } }));
    expect(fault).toStrictEqual({
      name: 'MailRefused',
      code: 'ADDRESS_INVALID',
      message: 'The address is none that mail can be sent to.',
    });
    expect(server.received).toStrictEqual([]);
  });

  it.each([
    ['SMTP_URL_INVALID', { url: 'mail.example:25', from }],
    ['SMTP_URL_INVALID', { url: 'https://mail.example', from }],
    ['MAIL_FROM_INVALID', { url: 'smtp://mail.example', from: 'Orders' }],
    ['MAIL_FROM_INVALID', { url: 'smtp://mail.example', from: 'a@shop.example, b@shop.example' }],
  ] as const)('refuses settings that cannot work: %s', (code, options) => {
    expect(() => new SmtpMailer(options)).toThrow(new SmtpMisconfigured(code));
  });
});
