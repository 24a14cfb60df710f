import { SchemaInvalid } from '../../ports/schema-registry.js';
import { refusals, type Version } from '../embedded/registry-refusals.js';
import { type VersionRow } from '../embedded/registry-rows.js';
import { type Config, toAccess } from '../embedded/registry-settings.js';
import { type EmbeddedSchemaRegistry, type Scope } from '../embedded/schema-registry.js';
import { schemaDocument } from './documents.js';
import {
  configInput,
  idInput,
  modeInput,
  type Query,
  schemaInput,
  scopeInput,
  subjectInput,
  versionInput,
} from './input.js';

export interface Asked {
  /** A parameter of the path, decoded. */
  readonly param: (name: string) => string;
  readonly query: Query;
  readonly body: unknown;
}

/** A document, or its text. */
type Answer = object | number | string;

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly answer: (asked: Asked) => Answer | Promise<Answer>;
}

const versionDocument = (row: VersionRow) => ({
  ...{ subject: row.subject, version: row.version, id: row.id },
  ...schemaDocument(row),
});

/** The REST API of Confluent's registry, version 7: paths, parameters and documents are theirs. */
export const routesOf = (registry: EmbeddedSchemaRegistry): readonly Route[] => {
  const get = (path: string, answer: Route['answer']): Route => ({ method: 'GET', path, answer });
  const post = (path: string, answer: Route['answer']): Route => ({ method: 'POST', path, answer });
  const put = (path: string, answer: Route['answer']): Route => ({ method: 'PUT', path, answer });
  const remove = (path: string, answer: Route['answer']): Route => ({ method: 'DELETE', path, answer });

  /** Those that the query asks for, of a subject or of all with a prefix. */
  const selected = (rows: readonly VersionRow[], query: Query): readonly VersionRow[] =>
    rows.filter(({ deleted }) => (query.flag('deletedOnly') ? deleted : query.flag('deleted') || !deleted));

  const byPrefix = async (query: Query): Promise<readonly VersionRow[]> =>
    query.subjectPrefix === undefined ? [] : registry.histories(query.subjectPrefix);

  const versionOf = async ({ param }: Asked, deletedToo: boolean): Promise<VersionRow> => {
    const [subject, version] = [subjectInput(param('subject')), versionInput(param('version'))];
    const history = await registry.history(subject);
    const seen = history.filter(({ deleted }) => deletedToo || !deleted);
    const found =
      version === 'latest'
        ? history.findLast(({ deleted }) => !deleted)
        : seen.find((each) => each.version === version);
    if (found === undefined)
      throw seen.length === 0 ? refusals.noSubject(subject) : refusals.noVersion(version);
    return found;
  };

  const schemaOf = async ({ param }: Asked) => {
    const id = idInput(param('id'));
    const found = await registry.byId(id);
    if (found === undefined) throw refusals.noSchema(id);
    return found;
  };

  /** With its references written out, when the query asks for that. */
  const formatted = async <Row extends { readonly schema: string }>(
    row: Row,
    { query }: Asked,
  ): Promise<Row> =>
    query.text('format') === 'resolved' ? { ...row, schema: await registry.inlined(row) } : row;

  const usesOf = async (asked: Asked): Promise<readonly VersionRow[]> => {
    const { id } = await schemaOf(asked);
    return selected(await registry.versionsWith(id), asked.query);
  };

  const compatibility = async ({ param, query, body }: Asked, against?: Version): Promise<Answer> => {
    const subject = subjectInput(param('subject'));
    const messages = await registry
      .incompatibilities(subject, schemaInput(body), against)
      .catch((error: unknown) => {
        if (error instanceof SchemaInvalid && query.flag('verbose')) return [error.message];
        throw error;
      });
    const { compatibility: mode } = await registry.config({ subject }, true);
    const told = messages.length === 0 ? [] : [...messages, `{compatibility: '${String(mode)}'}`];
    return { is_compatible: messages.length === 0, ...(query.flag('verbose') && { messages: told }) };
  };

  const configDocument = ({ compatibility: level, normalize }: Config) => ({
    ...(level !== null && { compatibilityLevel: level }),
    ...(normalize !== null && { normalize }),
  });
  const isUnset = ({ compatibility: level, normalize }: Config): boolean =>
    level === null && normalize === null;

  const readConfig = async (scope: Scope, query: Query): Promise<Answer> => {
    const config = await registry.config(scope, query.flag('defaultToGlobal'));
    if (scope !== 'global' && isUnset(config)) throw refusals.noConfig(scope.subject);
    return configDocument(config);
  };
  const writeConfig = async (scope: Scope, body: unknown): Promise<Answer> => {
    const change = configInput(body);
    await registry.configure(scope, change);
    return change;
  };
  const resetConfig = async (scope: Scope): Promise<Answer> => {
    const config = await registry.config(scope, false);
    if (scope !== 'global' && isUnset(config)) throw refusals.noSubject(scope.subject);
    await registry.configure(scope, { compatibility: null, normalize: null });
    return configDocument(config);
  };

  const readMode = async (scope: Scope, query: Query): Promise<Answer> => {
    const mode = await registry.access(scope, query.flag('defaultToGlobal'));
    if (mode === undefined && scope !== 'global') throw refusals.noAccess(scope.subject);
    return { mode };
  };
  const writeMode = async (scope: Scope, { body, query }: Asked): Promise<Answer> => {
    const mode = toAccess(modeInput(body));
    await registry.setAccess(scope, mode, query.flag('force'));
    return { mode };
  };
  const resetMode = async (scope: Scope): Promise<Answer> => {
    const mode = await registry.access(scope, false);
    if (mode === undefined && scope !== 'global') throw refusals.noSubject(scope.subject);
    await registry.setAccess(scope, null, false);
    return { mode };
  };

  const ofScope = ({ param }: Asked): Scope => scopeInput(param('subject'));

  return [
    get('/', () => ({})),
    get('/subjects', async ({ query }) => {
      const rows = await byPrefix(query);
      const names = (those: readonly VersionRow[]) => new Set(those.map(({ subject }) => subject));
      const live = names(rows.filter(({ deleted }) => !deleted));
      const isWanted = (subject: string): boolean =>
        query.flag('deletedOnly') ? !live.has(subject) : query.flag('deleted') || live.has(subject);
      return query.page([...names(rows)].filter(isWanted));
    }),
    post('/subjects/:subject', async (asked) => {
      const { param, query, body } = asked;
      const [subject, deletedToo] = [subjectInput(param('subject')), query.flag('deleted')];
      const found = await registry.find(subject, schemaInput(body), deletedToo);
      if (found !== undefined) return versionDocument(await formatted(found, asked));
      const history = await registry.history(subject);
      throw history.some(({ deleted }) => deletedToo || !deleted)
        ? refusals.noSchema()
        : refusals.noSubject(subject);
    }),
    remove('/subjects/:subject', ({ param, query }) =>
      registry.deleteSubject(subjectInput(param('subject')), query.flag('permanent')),
    ),
    post('/subjects/:subject/versions', async ({ param, query, body }) => {
      const { id, version, ...schema } = schemaInput(body);
      const options = { normalize: query.flag('normalize'), id, version };
      const registered = await registry.register(subjectInput(param('subject')), schema, options);
      return { id: registered.id };
    }),
    get('/subjects/:subject/versions', async ({ param, query }) => {
      const subject = subjectInput(param('subject'));
      const history = await registry.history(subject);
      const deletedToo = query.flag('deleted') || query.flag('deletedOnly');
      if (!history.some(({ deleted }) => deletedToo || !deleted)) throw refusals.noSubject(subject);
      return query.page(selected(history, query).map(({ version }) => version));
    }),
    get('/subjects/:subject/versions/:version', async (asked) =>
      versionDocument(await formatted(await versionOf(asked, asked.query.flag('deleted')), asked)),
    ),
    remove('/subjects/:subject/versions/:version', ({ param, query }) =>
      registry.deleteVersion(
        subjectInput(param('subject')),
        versionInput(param('version')),
        query.flag('permanent'),
      ),
    ),
    get('/subjects/:subject/versions/:version/schema', async (asked) => {
      const { schema } = await formatted(await versionOf(asked, asked.query.flag('deleted')), asked);
      return schema;
    }),
    get('/subjects/:subject/versions/:version/referencedby', async (asked) => {
      const referrers = await registry.referrers(await versionOf(asked, true), asked.query.flag('deleted'));
      const ids = [...new Set(referrers.map(({ id }) => id))].toSorted((a, b) => a - b);
      return asked.query.page(ids);
    }),

    get('/schemas', async ({ query }) => {
      const rows = selected(await byPrefix(query), query);
      const isLatest = (row: VersionRow, at: number) => rows[at + 1]?.subject !== row.subject;
      const wanted = query.flag('latestOnly') ? rows.filter(isLatest) : rows;
      return query.page(wanted).map(versionDocument);
    }),
    get('/schemas/types', () => ['AVRO']),
    get('/schemas/ids/:id', async (asked) => ({
      ...schemaDocument(await formatted(await schemaOf(asked), asked)),
      ...(asked.query.flag('fetchMaxId') && { maxId: await registry.greatestId() }),
    })),
    get('/schemas/ids/:id/schema', async (asked) => {
      const { schema } = await formatted(await schemaOf(asked), asked);
      return schema;
    }),
    get('/schemas/ids/:id/subjects', async (asked) =>
      asked.query.page([...new Set((await usesOf(asked)).map(({ subject }) => subject))]),
    ),
    get('/schemas/ids/:id/versions', async (asked) =>
      asked.query.page((await usesOf(asked)).map(({ subject, version }) => ({ subject, version }))),
    ),

    post('/compatibility/subjects/:subject/versions', (asked) => compatibility(asked)),
    post('/compatibility/subjects/:subject/versions/:version', (asked) =>
      compatibility(asked, versionInput(asked.param('version'))),
    ),

    get('/config', ({ query }) => readConfig('global', query)),
    put('/config', ({ body }) => writeConfig('global', body)),
    remove('/config', () => resetConfig('global')),
    get('/config/:subject', (asked) => readConfig(ofScope(asked), asked.query)),
    put('/config/:subject', (asked) => writeConfig(ofScope(asked), asked.body)),
    remove('/config/:subject', (asked) => resetConfig(ofScope(asked))),

    get('/mode', ({ query }) => readMode('global', query)),
    put('/mode', (asked) => writeMode('global', asked)),
    remove('/mode', () => resetMode('global')),
    get('/mode/:subject', (asked) => readMode(ofScope(asked), asked.query)),
    put('/mode/:subject', (asked) => writeMode(ofScope(asked), asked)),
    remove('/mode/:subject', (asked) => resetMode(ofScope(asked))),

    get('/contexts', () => ['.']),
    get('/v1/metadata/id', () => ({
      id: '',
      scope: {
        path: [],
        clusters: { 'kafka-cluster': 'embedded', 'schema-registry-cluster': 'schema-registry' },
      },
    })),
    // Of the API, which clients go by.
    get('/v1/metadata/version', () => ({ version: '7.9.0', commitId: 'embedded' })),
  ];
};
