import { describeConformance, type Expectations, type Subject } from './conformance.js';
import { startWireServer, type WireServerOptions } from './server.js';

const real = process.env.EVENTSTORE_URL;

const wire = (options: WireServerOptions) => async (): Promise<Subject> => {
  const server = await startWireServer({ stallMs: 100, ...options });
  return { connectionString: server.connectionString, server, dispose: () => server.stop() };
};

const v23 = { faults: true, batch: true, caughtUp: true, slowConsumer: 'dropped' } satisfies Expectations;

if (real === undefined) {
  const label = (profile: string): string => `wire-level test server, ${profile}`;
  describeConformance(label('23.10'), v23, wire({ profile: '23.10' }));
  describeConformance(
    label('23.10 without BatchAppend'),
    { ...v23, batch: false },
    wire({ profile: '23.10', batch: false }),
  );
  describeConformance(
    label('24.10'),
    { ...v23, slowConsumer: 'back to catching up' },
    wire({ profile: '24.10' }),
  );
  describeConformance(label('21.10'), { ...v23, caughtUp: false }, wire({ profile: '21.10' }));
} else
  describeConformance('EVENTSTORE_URL', { faults: false, batch: true, caughtUp: true }, () =>
    Promise.resolve({ connectionString: real, dispose: () => Promise.resolve() }),
  );
