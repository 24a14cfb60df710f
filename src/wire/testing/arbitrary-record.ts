import fc from 'fast-check';
import { type Schema } from '../../schemas/model.js';
import { parseSchema } from '../../schemas/parse.js';
import { publicTypes } from '../avro.js';
import { type PublicRecord, type PublicType } from '../public-record.js';
import { publicSchemas } from '../schemas.generated.js';

const longs = fc.maxSafeInteger();
const instants = fc.integer({ min: -8.64e15, max: 8.64e15 });
const texts = fc.string({ unit: 'grapheme' });

/** Any value that the schema allows. */
const valueOf = (schema: Schema): fc.Arbitrary<unknown> => {
  switch (schema.type) {
    case 'record':
      return fc
        .record(Object.fromEntries(schema.fields.map((field) => [field.name, valueOf(field.schema)])))
        .map((value) => ({ ...value }));
    case 'array':
      return fc.array(valueOf(schema.items), { maxLength: 4 });
    case 'union':
      return fc.oneof(...schema.branches.map(valueOf));
    case 'enum':
      return fc.constantFrom(...schema.symbols);
    case 'string':
      return texts;
    case 'long':
      return schema.logical?.name === 'timestamp-millis' ? instants : longs;
    case 'int':
      return fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    default:
      throw new Error(`The public schemas have no ${schema.type}.`);
  }
};

export const publicSchemaOf = (type: PublicType): Schema =>
  parseSchema(JSON.parse(publicSchemas[type].schema), type);

export const arbitraryRecord = (type: PublicType): fc.Arbitrary<PublicRecord> =>
  valueOf(publicSchemaOf(type)).map((record) => ({ type, record }) as PublicRecord);

export const arbitraryPublicRecord = (): fc.Arbitrary<PublicRecord> =>
  fc.constantFrom(...publicTypes).chain(arbitraryRecord);
