import { categories } from '../../bridge/catalogue.js';
import { subscriptions } from '../../consumers/subscriptions.js';
import { type NamedSchema, type Schema } from '../../schemas/model.js';
import { domainOf } from '../../wire/subjects.js';
import { type EventSchema } from './contract.js';
import { example } from './examples.js';
import { type PublishedVersion } from './history.js';

type History = ReadonlyMap<string, readonly PublishedVersion[]>;

const introduction = `# Events

Generated from schemas/avro by \`npm run schemas -- docs\`. Not to be edited.

Every committed event is published to the topic of its domain: once, and in order for each key. The key is the name of the
event's stream, the value is the Avro record in Confluent's wire format (byte 0, schema id in 4 bytes, Avro binary), the
subject is \`<topic>-<record>\`. Amounts are in minor units, instants are milliseconds since 1970 (\`timestamp-millis\`).

The headers hold the rest of the event, as UTF-8 text: \`event-id\`, \`event-type\`, \`event-version\` (of the stored fact),
\`stream\`, \`revision\`, \`position\`, \`correlation-id\`, \`causation-id\`, \`actor\`, \`occurred-at\`, \`traceparent\` where there is
one, and the CloudEvents attributes of the Kafka binding's binary mode (\`ce_id\`, \`ce_source\`, \`ce_type\` …).

Consumers get an event at least once: the \`event-id\` tells a second delivery. A reader gets \`UNKNOWN\` for an enum's symbol that
its schema does not have. How schemas may change: [schema-compatibility.md](schema-compatibility.md).

**What stays inside.** Payment methods, the payment gateway's authorisation ids, and what gateways and mail servers say in
their own words are stored and are not published. Names, addresses and e-mail addresses are published only as they are
stored: sealed under a key of their customer, unreadable for everybody once that key is deleted.
`;

/** The generated catalogue of events, by path. */
export const generateDocs = (
  events: readonly EventSchema[],
  history: History,
): Readonly<Record<string, string>> => {
  const topics = [...new Set(events.map(({ topic }) => topic))];
  const sections = topics.map((topic) => {
    const own = events.filter((event) => event.topic === topic);
    return [`## ${topic}\n`, ...own.map((event) => eventSection(event, history))].join('\n');
  });
  const text = [introduction, overview(events, topics), ...sections, sharedTypes(events)].join('\n');
  return { 'docs/events.md': text };
};

const overview = (events: readonly EventSchema[], topics: readonly string[]): string => {
  const rows = topics.map((topic) => {
    const own = events.filter((event) => event.topic === topic);
    return [`[${topic}](#${anchor(topic)})`, own.map(({ type }) => `[${type}](#${anchor(type)})`).join(', ')];
  });
  return table(['topic', 'events'], rows);
};

const eventSection = (
  { type, recordName, topic, subject, schema }: EventSchema,
  history: History,
): string => {
  const version = history.get(subject)?.length ?? 0;
  const groups = Object.entries<readonly string[]>(subscriptions).filter(([, types]) => types.includes(type));
  const facts = [
    ['record', `\`${recordName}\``],
    ['topic', `\`${topic}\``],
    ['subject', `\`${subject}\``],
    ['version', version === 0 ? 'not published yet' : String(version)],
    ['producer', `${domainOf(recordName)}, streams \`${categoryOf(type)}-…\``],
    ['consumers', groups.length === 0 ? 'none in this program' : groups.map(([name]) => name).join(', ')],
  ];
  return [
    `### ${type}\n`,
    `${docOf(schema)}\n`,
    table(['', ''], facts),
    fieldsTable(schema),
    `\`\`\`json\n${JSON.stringify(example(schema), null, 2)}\n\`\`\`\n`,
  ].join('\n');
};

const categoryOf = (type: string): string =>
  [...categories].find(([, { versions }]) => Object.hasOwn(versions, type))?.[0] ?? '';

const docOf = ({ attributes }: Pick<Schema, 'attributes'>): string =>
  typeof attributes['doc'] === 'string' ? attributes['doc'] : '';

const fieldsTable = (schema: Schema): string =>
  schema.type === 'record'
    ? table(
        ['field', 'type', 'meaning'],
        schema.fields.map((field) => [`\`${field.name}\``, typeOf(field.schema), docOf(field)]),
      )
    : '';

const typeOf = (schema: Schema): string => {
  if ('fullName' in schema) return `[${schema.name}](#${anchor(schema.name)})`;
  switch (schema.type) {
    case 'array':
      return `array of ${typeOf(schema.items)}`;
    case 'map':
      return `map of ${typeOf(schema.values)}`;
    case 'union':
      return schema.branches
        .map(typeOf)
        .sort((a, b) => Number(a === 'null') - Number(b === 'null'))
        .join(' or ');
    default:
      return schema.logical?.name ?? schema.type;
  }
};

const sharedTypes = (events: readonly EventSchema[]): string => {
  const found = new Map<string, NamedSchema>();
  const visit = (schema: Schema): void => {
    if (schema.type === 'array') visit(schema.items);
    if (schema.type === 'map') visit(schema.values);
    if (schema.type === 'union') schema.branches.forEach(visit);
    if (!('fullName' in schema) || found.has(schema.fullName)) return;
    found.set(schema.fullName, schema);
    if (schema.type === 'record') for (const field of schema.fields) visit(field.schema);
  };
  for (const { schema } of events) for (const field of schema.fields) visit(field.schema);
  const sections = [...found.values()]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((schema) => {
      const symbols =
        schema.type === 'enum' ? schema.symbols.map((symbol) => `\`${symbol}\``).join(', ') : '';
      const body = schema.type === 'record' ? fieldsTable(schema) : `${symbols}\n`;
      return `### ${schema.name}\n\n\`${schema.fullName}\`. ${docOf(schema)}\n\n${body}`;
    });
  return ['## Types that the records are made of\n', ...sections].join('\n');
};

/** As the common Markdown readers name headings. */
const anchor = (heading: string): string => heading.toLowerCase().replaceAll('.', '');

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line), ''].join('\n');
};
