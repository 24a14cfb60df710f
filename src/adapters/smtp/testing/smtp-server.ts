import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';

export interface Received {
  readonly from: string;
  readonly to: readonly string[];
  /** As it came, without the dot that ends it. */
  readonly data: string;
}

/** What is answered instead of the usual, by the beginning of the command; `greeting` and `end of data` are moments. */
export type Answers = Record<string, string>;

/** As much of a mail server (RFC 5321) as a client needs to hand over a mail, on a free port. */
export const smtpServer = async (answers: Answers = {}) => {
  const received: Received[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
    const say = (moment: string, usual: string): void => {
      const known = Object.keys(answers).find((beginning) => moment.startsWith(beginning));
      socket.write(`${known === undefined ? usual : (answers[known] ?? usual)}\r\n`);
    };
    let mail = { from: '', to: [] as string[] };
    let data: string | undefined;
    const command = (line: string): void => {
      if (line.startsWith('EHLO')) say('EHLO', '250-test\r\n250 8BITMIME');
      else if (line.startsWith('DATA')) {
        say('DATA', '354 go on');
        data = '';
      } else {
        if (line.startsWith('MAIL FROM:')) mail = { from: line.slice(10), to: [] };
        if (line.startsWith('RCPT TO:')) mail.to.push(line.slice(8));
        say(line, line.startsWith('QUIT') ? '221 bye' : '250 ok');
      }
    };
    let rest = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (data === undefined) command(line);
        else if (line !== '.') data += `${line}\r\n`;
        else {
          received.push({ ...mail, data });
          data = undefined;
          say('end of data', '250 taken');
        }
      }
    });
    say('greeting', '220 test');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    received,
    answers,
    url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async (): Promise<void> => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
};
