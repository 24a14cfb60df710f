import { once } from 'node:events';
import { type AddressInfo, createServer, type Server as TcpServer, type Socket } from 'node:net';
import {
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { append } from './append.js';
import { batchAppend } from './batch-append.js';
import { type Member, readGossip, supportedMethods } from './cluster.js';
import { deleteStream, tombstone } from './delete.js';
import { slowConsumer } from './errors.js';
import { type Faults, noFaults } from './faults.js';
import { Log } from './log.js';
import { type Node, type OpenSubscription } from './node.js';
import { type Profile, type ProfileName, profiles } from './profiles.js';
import { GossipService, ServerFeaturesService, StreamsService } from './proto.js';
import { read } from './read.js';
import { Writer } from './writer.js';

export interface WireServerOptions {
  /** 0: a free one. */
  readonly port?: number;
  /** The journal; without it the events live as long as this object. */
  readonly data?: string;
  readonly profile?: ProfileName;
  /** false: a server without BatchAppend, so that clients use Append. */
  readonly batch?: boolean;
  /** PEM. Credentials are sent over TLS only. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly caFile: string };
  /** Passwords by name; without it everything is allowed (`--insecure`). */
  readonly users?: Readonly<Record<string, string>>;
  readonly maxAppendBytes?: number;
  readonly stallMs?: number;
}

/** What a test may do to the server behind the wire. */
export interface WireServer {
  readonly connectionString: string;
  readonly port: number;
  readonly profile: Profile;
  readonly faults: Faults;
  /** What gossip tells; this node alone, as leader, unless changed. */
  members: readonly Member[];
  /** Calls that clients have not closed. */
  open(): { readonly subscriptions: number; readonly batches: number };
  /** Live subscriptions that have lost their place and are to catch up again. */
  behind(): number;
  /** As a slow consumer is. */
  abortSubscriptions(): void;
  /** With OK, as no client expects. */
  endSubscriptions(): void;
  dropSockets(): void;
  /** Down, and up again on the same port with the same events. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const host = '127.0.0.1';
const defaults = { maxAppendBytes: 1_048_576, stallMs: 1_000 };
// Larger than any append that is to be answered with "too big".
const receiveLimit = 16 * 1_048_576;

/** A server on the loopback interface that speaks EventStoreDB's protocol for streams. */
export const startWireServer = async (options: WireServerOptions = {}): Promise<WireServer> => {
  const faults = noFaults();
  const profile = profiles[options.profile ?? '23.10'];
  let log = new Log(options.data);
  let running = await listen(
    options.port ?? 0,
    nodeOf(log, options, profile, faults),
    options,
    () => server.members,
  );
  const { port } = running;
  const server: WireServer = {
    connectionString: connectionString(port, options),
    port,
    profile,
    faults,
    members: [{ host, port, state: 'leader', alive: true }],
    open: () => ({
      subscriptions: running.node.subscriptions.size,
      batches: running.node.batches.size,
    }),
    behind: () => [...running.node.subscriptions].filter(({ behind }) => behind).length,
    abortSubscriptions: () => {
      for (const subscription of running.node.subscriptions) subscription.fail(slowConsumer());
    },
    endSubscriptions: () => {
      for (const subscription of running.node.subscriptions) subscription.end();
    },
    dropSockets: () => {
      running.dropSockets();
    },
    restart: async () => {
      await running.stop();
      if (options.data !== undefined) {
        log.close();
        log = new Log(options.data);
      }
      running = await listen(port, nodeOf(log, options, profile, faults), options, () => server.members);
    },
    stop: async () => {
      await running.stop();
      log.close();
    },
  };
  return server;
};

const connectionString = (port: number, { tls, users }: WireServerOptions): string => {
  if (!tls) return `esdb://${host}:${port}?tls=false`;
  const [user] = Object.entries(users ?? {});
  const credentials = user ? `${user.map(encodeURIComponent).join(':')}@` : '';
  return `esdb://${credentials}localhost:${port}?tls=true&tlsCAFile=${encodeURIComponent(tls.caFile)}`;
};

const nodeOf = (log: Log, options: WireServerOptions, profile: Profile, faults: Faults): Node => ({
  log,
  writer: new Writer(log),
  profile,
  faults,
  batch: options.batch ?? true,
  maxAppendBytes: options.maxAppendBytes ?? defaults.maxAppendBytes,
  stallMs: options.stallMs ?? defaults.stallMs,
  users: options.users,
  subscriptions: new Set<OpenSubscription>(),
  batches: new Set(),
});

interface Running {
  readonly node: Node;
  readonly port: number;
  dropSockets(): void;
  stop(): Promise<void>;
}

const listen = async (
  port: number,
  node: Node,
  { tls }: WireServerOptions,
  members: () => readonly Member[],
): Promise<Running> => {
  const grpc = new Server({ 'grpc.max_receive_message_length': receiveLimit });
  addServices(grpc, node, members);
  const credentials = tls
    ? ServerCredentials.createSsl(null, [
        { private_key: Buffer.from(tls.key), cert_chain: Buffer.from(tls.cert) },
      ])
    : ServerCredentials.createInsecure();
  const injector = grpc.createConnectionInjector(credentials);
  const sockets = new Set<Socket>();
  const tcp = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
    injector.injectConnection(socket);
  });
  const dropSockets = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  tcp.listen(port, host);
  await once(tcp, 'listening');
  return {
    node,
    port: addressOf(tcp).port,
    dropSockets,
    stop: async () => {
      const closed = once(tcp, 'close');
      tcp.close();
      dropSockets();
      injector.destroy();
      grpc.forceShutdown();
      await closed;
    },
  };
};

const addressOf = (tcp: TcpServer): AddressInfo => {
  const address = tcp.address();
  if (address === null || typeof address === 'string') throw new Error('The server listens on no port.');
  return address;
};

/** What is not added is answered with UNIMPLEMENTED. */
const addServices = (grpc: Server, node: Node, members: () => readonly Member[]): void => {
  const { batchAppend: batchMethod, ...others } = StreamsService;
  // Events are kept as encoded messages.
  const encoded = { ...StreamsService.read, responseSerialize: (frame: Buffer): Buffer => frame };
  const definition: ServiceDefinition = {
    ...others,
    read: encoded,
    ...(node.batch ? { batchAppend: batchMethod } : {}),
  };
  const handlers: UntypedServiceImplementation = {
    read: read(node),
    append: append(node),
    delete: deleteStream(node),
    tombstone: tombstone(node),
    ...(node.batch ? { batchAppend: batchAppend(node) } : {}),
  };
  grpc.addService(definition, handlers);
  grpc.addService(ServerFeaturesService, { getSupportedMethods: supportedMethods(node) });
  grpc.addService(GossipService, { read: readGossip(members) });
};
