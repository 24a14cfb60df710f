import { describe, expect, it } from '@jest/globals';
import { SchemaIncompatible } from '../ports/schema-registry.js';
import { publicTypes } from './avro.js';
import { recordNames } from './events.generated.js';
import { differences, registerSchemas, unregistered } from './registration.js';
import { publicSchemas } from './schemas.generated.js';
import { subjectOf } from './subjects.js';
import { InMemoryRegistry } from './testing/in-memory-registry.js';

const subjects = publicTypes.map((type) => subjectOf(recordNames[type]));
const delivered = subjectOf(recordNames.OrderDelivered);

describe('registerSchemas', () => {
  it('registers every schema once, with the mode of its subject', async () => {
    const registry = new InMemoryRegistry();
    const first = await registerSchemas(registry);
    expect(first.map(({ subject, schema }) => [subject, schema])).toEqual(
      publicTypes.map((type, index) => [subjects[index], publicSchemas[type].schema]),
    );
    expect(await registerSchemas(registry)).toEqual(first);
    expect(registry.modes).toEqual(new Map(subjects.map((subject) => [subject, 'FULL_TRANSITIVE'])));
  });
});

describe('differences', () => {
  it('tells what registering would do', async () => {
    const registry = new InMemoryRegistry();
    expect(await differences(registry)).toEqual(subjects.map((subject) => ({ subject, is: 'new' })));
    await registry.register(delivered, { schema: '"string"' });
    const one = async () => (await differences(registry)).find(({ subject }) => subject === delivered);
    expect(await one()).toEqual({ subject: delivered, is: 'new version' });
    registry.reasons = ['not so'];
    expect(await one()).toEqual({ subject: delivered, is: 'incompatible', reasons: ['not so'] });
    await expect(registerSchemas(registry)).rejects.toThrow(SchemaIncompatible);
    registry.reasons = [];
    await registerSchemas(registry);
    expect(await one()).toEqual({ subject: delivered, is: 'unchanged', version: 2 });
  });
});

describe('unregistered', () => {
  it('says which schema is missing and what to do, until all are registered', async () => {
    const registry = new InMemoryRegistry();
    const withDelivered = (sentence: string) =>
      subjects.map((subject) =>
        subject === delivered ? sentence : `${subject} is not registered: npm run schemas -- register`,
      );

    await registry.register(delivered, { schema: '"string"' });
    expect(await unregistered(registry)).toEqual(
      withDelivered(`${delivered} is registered without this program's version: npm run schemas -- register`),
    );
    registry.reasons = ['not so', 'nor so'];
    expect(await unregistered(registry)).toEqual(
      withDelivered(
        `${delivered} is registered with what this program's schema may not follow (not so; nor so): npm run schemas -- diff`,
      ),
    );
    registry.reasons = [];
    await registerSchemas(registry);
    expect(await unregistered(registry)).toEqual([]);
  });
});
