import { EventStoreDBClient } from '@eventstore/db-client';
import { type Logger } from '../../ports/logger.js';
import { InvalidConnectionString } from './errors.js';

export interface ConnectionOptions {
  /**
   * `esdb://host:2113`, several hosts behind commas, or `esdb+discover://host:2113` to ask one for its cluster; TLS
   * unless `?tls=false`.
   */
  readonly url: string;
  /** Instead of what the connection string says, so that secrets need not be part of it. */
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

const SCHEME = /^(esdb(?:\+discover)?:\/\/)/;
const CREDENTIALS = /^(esdb(?:\+discover)?:\/\/)[^@/?]*@/;

/** Without user and password. */
export const hostsOf = (url: string): string =>
  url.trim().replace(CREDENTIALS, '$1').replace(SCHEME, '').split(/[/?]/, 1).join('');

/** @throws InvalidConnectionString */
export const clientOf = (options: ConnectionOptions, logger: Logger): EventStoreDBClient => {
  const { username, password } = options;
  const url = options.url.trim();
  if (!SCHEME.test(url))
    throw new InvalidConnectionString('it begins with neither esdb:// nor esdb+discover://');
  if ((username === undefined) !== (password === undefined)) {
    throw new InvalidConnectionString('a user name needs a password, and a password a user name');
  }
  if (/[?&]tls=false(?:&|$)/i.test(url) && (username !== undefined || CREDENTIALS.test(url))) {
    // The client never does, and says so nowhere.
    logger.warn({}, 'EventStoreDB: user name and password are not sent without TLS (tls=false).');
  }
  try {
    return EventStoreDBClient.connectionString(
      username === undefined || password === undefined
        ? url
        : url
            .replace(CREDENTIALS, '$1')
            .replace(SCHEME, `$1${encodeURIComponent(username)}:${encodeURIComponent(password)}@`),
    );
  } catch (error) {
    // The client's own message about it quotes the whole string, password and all.
    throw new InvalidConnectionString(
      error instanceof Error && !('connectionString' in error) ? error.message : 'the client cannot parse it',
    );
  }
};
