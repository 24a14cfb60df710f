import { describeSchemaRegistryContract } from '../../testing/schema-registry.contract.js';
import { RemoteSchemaRegistry } from './remote-registry.js';
import { apicurioDeviations } from './testing/apicurio.js';
import { OwnSubjects } from './testing/own-subjects.js';

const url = process.env['SCHEMA_REGISTRY_URL'] ?? '';
if (url === '') throw new Error('SCHEMA_REGISTRY_URL is not set: make test-stack sets it.');

// The stack's registry is Apicurio; a registry elsewhere is held to the whole contract.
const deviations = url.includes('/apis/ccompat/') ? apicurioDeviations : {};

describeSchemaRegistryContract(
  url.includes('/apis/ccompat/') ? 'Apicurio' : 'The registry at SCHEMA_REGISTRY_URL',
  () => {
    const registry = new OwnSubjects(new RemoteSchemaRegistry({ url }));
    return Promise.resolve({
      registry,
      another: () => Promise.resolve(registry.through(new RemoteSchemaRegistry({ url }))),
      dispose: async () => {
        for (const subject of await registry.ownNames())
          for (const query of ['', '?permanent=true'])
            await fetch(`${url}/subjects/${encodeURIComponent(subject)}${query}`, { method: 'DELETE' });
      },
    });
  },
  deviations,
);
