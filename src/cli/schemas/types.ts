import { type Field, type NamedSchema, type RecordSchema, type Schema } from '../../schemas/model.js';
import { InvalidSchema } from '../../schemas/names.js';
import { type EventSchema } from './contract.js';

const head = '// Generated from schemas/avro by `npm run schemas -- types`. Not to be edited.\n';

/** The generated files of the program, by path. */
export const generateTypes = (events: readonly EventSchema[]): Readonly<Record<string, string>> => ({
  'src/wire/events.generated.ts': typesFile(events),
  'src/wire/schemas.generated.ts': schemasFile(events),
});

const typesFile = (events: readonly EventSchema[]): string => {
  const named = namedSchemas(events.map(({ schema }) => schema));
  const entries = events.map(({ type }) => `  readonly ${type}: ${type};`);
  const names = events.map(({ type, recordName }) => `  ${type}: '${recordName}',`);
  return [
    head,
    ...named.map(declaration),
    '/** The public records by event type, as they are decoded. */',
    `export interface PublicEvents {\n${entries.join('\n')}\n}\n`,
    '/** The full name of each record. */',
    `export const recordNames = {\n${names.join('\n')}\n} as const satisfies Record<keyof PublicEvents, string>;`,
    '',
  ].join('\n');
};

const schemasFile = (events: readonly EventSchema[]): string => {
  const entries = events.map(
    ({ type, mode, text }) =>
      `  ${type}: {\n    compatibility: '${mode}',\n    schema:\n      ${quoted(text)},\n  },`,
  );
  return [
    head,
    "import { type PublicEvents } from './events.generated.js';\n",
    'interface PublicSchema {',
    '  /** Confluent compatibility mode of the subject. */',
    '  readonly compatibility: string;',
    '  /** The Avro schema as it is registered. */',
    '  readonly schema: string;',
    '}\n',
    `export const publicSchemas: Readonly<Record<keyof PublicEvents, PublicSchema>> = {\n${entries.join('\n')}\n};`,
    '',
  ].join('\n');
};

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/** Records and enums, each once, in reading order; what is used comes before what uses it. */
const namedSchemas = (schemas: readonly Schema[]): readonly NamedSchema[] => {
  const found = new Map<string, NamedSchema>();
  const visit = (schema: Schema): void => {
    if ('fullName' in schema) {
      const known = found.get(schema.name);
      if (known?.fullName === schema.fullName) return;
      if (known) {
        const reason = `${schema.fullName} and ${known.fullName} differ in their namespaces only: give one another name`;
        throw new InvalidSchema(schema.place, reason);
      }
    }
    if (schema.type === 'record') for (const field of schema.fields) visit(field.schema);
    if (schema.type === 'array') visit(schema.items);
    if (schema.type === 'map') visit(schema.values);
    if (schema.type === 'union') schema.branches.forEach(visit);
    if ('fullName' in schema) found.set(schema.name, schema);
  };
  schemas.forEach(visit);
  return [...found.values()];
};

const declaration = (schema: NamedSchema): string => {
  const { name } = schema;
  switch (schema.type) {
    case 'record':
      return `${comment(schema, '')}export interface ${name} {\n${fieldsOf(schema).join('\n')}\n}\n`;
    case 'enum':
      return `${comment(schema, '')}export type ${name} = ${schema.symbols.map((symbol) => `'${symbol}'`).join(' | ')};\n`;
    case 'fixed':
      return `${comment(schema, '')}export type ${name} = Buffer;\n`;
  }
};

const fieldsOf = ({ fields }: RecordSchema): readonly string[] =>
  fields.map((field) => `${comment(field, '  ')}  readonly ${field.name}: ${typeOf(field.schema)};`);

const comment = (
  { attributes, schema }: { readonly attributes: Field['attributes']; readonly schema?: Schema },
  indent: string,
): string => {
  const unit = schema?.logical?.name === 'timestamp-millis' ? ' Milliseconds since 1970.' : '';
  const { doc } = attributes;
  return typeof doc === 'string' ? `${indent}/** ${doc.replaceAll('*/', '* /')}${unit} */\n` : '';
};

const typeOf = (schema: Schema): string => {
  switch (schema.type) {
    case 'record':
    case 'enum':
    case 'fixed':
      return schema.name;
    case 'array':
      return `readonly ${wrapped(schema.items)}[]`;
    case 'map':
      return `Readonly<Record<string, ${typeOf(schema.values)}>>`;
    case 'union': {
      const last = ({ type }: Schema): boolean => type === 'null';
      const branches = [...schema.branches].sort((a, b) => Number(last(a)) - Number(last(b)));
      return branches.map(typeOf).join(' | ');
    }
    case 'bytes':
      return 'Buffer';
    case 'string':
    case 'boolean':
    case 'null':
      return schema.type;
    case 'int':
    case 'long':
    case 'float':
    case 'double':
      return 'number';
  }
};

const wrapped = (schema: Schema): string =>
  schema.type === 'union' || schema.type === 'array' ? `(${typeOf(schema)})` : typeOf(schema);
