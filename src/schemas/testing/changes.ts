import { type Change, colours, field, fixed, id, item, record, row } from './change.js';
import { meanings } from './meaning-changes.js';

const fields: readonly Change[] = [
  row('a field added with default', record([id]), record([id, field('int', { default: 0 })])),
  row('an optional field added', record([id]), record([id, field(['null', 'int'], { default: null })])),
  row('an optional field removed', record([id, field(['null', 'int'], { default: null })]), record([id])),
  row(
    'an optional field becomes required',
    record([id, field(['null', 'int'], { default: null })]),
    record([id, field('int')]),
    ['TYPE_MISMATCH'],
    [],
  ),
  row('a field added without default', record([id]), record([id, field('int')]), [
    'READER_FIELD_MISSING_DEFAULT_VALUE',
  ]),
  row('a field removed that had a default', record([id, field('int', { default: 0 })]), record([id])),
  row(
    'a field removed that had no default',
    record([id, field('int')]),
    record([id]),
    [],
    ['READER_FIELD_MISSING_DEFAULT_VALUE'],
  ),
  row(
    'a field renamed',
    record([field('int')]),
    record([{ name: 'g', type: 'int' }]),
    ['READER_FIELD_MISSING_DEFAULT_VALUE'],
    ['READER_FIELD_MISSING_DEFAULT_VALUE'],
  ),
  row(
    'a field renamed with alias',
    record([field('int')]),
    record([{ name: 'g', type: 'int', aliases: ['f'] }]),
    [],
    ['READER_FIELD_MISSING_DEFAULT_VALUE'],
  ),
  row(
    'a field renamed with alias, default in both',
    record([field('int', { default: 0 })]),
    record([{ name: 'g', type: 'int', aliases: ['f'], default: 0 }]),
  ),
  row(
    'an alias that names another field',
    record([field('int'), { name: 'g', type: 'int' }]),
    record([field('int', { aliases: ['g'] })]),
    ['AMBIGUOUS_ALIAS'],
    ['READER_FIELD_MISSING_DEFAULT_VALUE'],
  ),
  row('fields in another order', record([id, field('int')]), record([field('int'), id])),
  row('a default added or changed', record([field('int')]), record([field('int', { default: 1 })])),
  row(
    'a field added whose enum has a default and which has none',
    record([id]),
    record([id, field(colours(['RED'], { default: 'RED' }))]),
    ['TYPE_MISMATCH'],
  ),
  row(
    'doc, order or unknown attributes',
    record([field('int')]),
    record([field('int', { doc: 'how many', order: 'ignore', colour: 'red' })]),
  ),
];

const types: readonly Change[] = [
  row('int → long', record([field('int')]), record([field('long')]), [], ['TYPE_MISMATCH']),
  row('int → float', record([field('int')]), record([field('float')]), [], ['TYPE_MISMATCH']),
  row('long → double', record([field('long')]), record([field('double')]), [], ['TYPE_MISMATCH']),
  row('float → double', record([field('float')]), record([field('double')]), [], ['TYPE_MISMATCH']),
  row('long → int', record([field('long')]), record([field('int')]), ['TYPE_MISMATCH'], []),
  row('string ↔ bytes', record([field('string')]), record([field('bytes')])),
  row(
    'int → string',
    record([field('int')]),
    record([field('string')]),
    ['TYPE_MISMATCH'],
    ['TYPE_MISMATCH'],
  ),
  row(
    'int → boolean',
    record([field('int')]),
    record([field('boolean')]),
    ['TYPE_MISMATCH'],
    ['TYPE_MISMATCH'],
  ),
  row(
    'array of int → array of long',
    { type: 'array', items: 'int' },
    { type: 'array', items: 'long' },
    [],
    ['TYPE_MISMATCH'],
  ),
  row(
    'map of int → map of string',
    { type: 'map', values: 'int' },
    { type: 'map', values: 'string' },
    ['TYPE_MISMATCH'],
    ['TYPE_MISMATCH'],
  ),
  row(
    'array → map',
    { type: 'array', items: 'int' },
    { type: 'map', values: 'int' },
    ['TYPE_MISMATCH'],
    ['TYPE_MISMATCH'],
  ),
  row(
    'enum → string',
    record([field(colours(['RED']))]),
    record([field('string')]),
    ['TYPE_MISMATCH'],
    ['TYPE_MISMATCH'],
  ),
  row(
    'fixed → bytes',
    record([field(fixed(4))]),
    record([field('bytes')]),
    ['TYPE_MISMATCH'],
    ['TYPE_MISMATCH'],
  ),
  row('a fixed of another size', fixed(4), fixed(8), ['FIXED_SIZE_MISMATCH'], ['FIXED_SIZE_MISMATCH']),
];

const names: readonly Change[] = [
  row('a record renamed', item('Order'), item('Purchase'), ['NAME_MISMATCH'], ['NAME_MISMATCH']),
  row(
    'a record renamed with alias',
    item('Order'),
    item('Purchase', { aliases: ['Order'] }),
    [],
    ['NAME_MISMATCH'],
  ),
  row('a record in another namespace', item('Order', { namespace: 'a' }), item('Order', { namespace: 'b' })),
  row(
    'renamed into another namespace, alias without the old namespace',
    item('Order', { namespace: 'a' }),
    item('Purchase', { namespace: 'b', aliases: ['Order'] }),
    ['NAME_MISMATCH'],
    ['NAME_MISMATCH'],
  ),
  row(
    'renamed into another namespace, alias with the old full name',
    item('Order', { namespace: 'a' }),
    item('Purchase', { namespace: 'b', aliases: ['a.Order'] }),
    [],
    ['NAME_MISMATCH'],
  ),
  row(
    'an enum renamed',
    colours(['RED']),
    { ...colours(['RED']), name: 'Paint' },
    ['NAME_MISMATCH'],
    ['NAME_MISMATCH'],
  ),
  row('a fixed renamed', fixed(4), { ...fixed(4), name: 'Digest' }, ['NAME_MISMATCH'], ['NAME_MISMATCH']),
];

const enums: readonly Change[] = [
  row('an enum symbol added', colours(['RED']), colours(['RED', 'BLUE']), [], ['MISSING_ENUM_SYMBOLS']),
  row('an enum symbol removed', colours(['RED', 'BLUE']), colours(['RED']), ['MISSING_ENUM_SYMBOLS'], []),
  row(
    'an enum symbol removed, the new enum has a default',
    colours(['RED', 'BLUE']),
    colours(['RED'], { default: 'RED' }),
  ),
  row(
    'an enum symbol added, both have a default',
    colours(['RED'], { default: 'RED' }),
    colours(['RED', 'BLUE'], { default: 'RED' }),
  ),
  row(
    'an enum symbol renamed',
    colours(['RED', 'BLUE']),
    colours(['RED', 'AZURE']),
    ['MISSING_ENUM_SYMBOLS'],
    ['MISSING_ENUM_SYMBOLS'],
  ),
  row(
    'the default of an enum changed',
    colours(['RED', 'BLUE'], { default: 'RED' }),
    colours(['RED', 'BLUE'], { default: 'BLUE' }),
  ),
  row('symbols in another order', colours(['RED', 'BLUE']), colours(['BLUE', 'RED'])),
];

const unions: readonly Change[] = [
  row(
    'a type becomes a union with it',
    record([field('string')]),
    record([field(['null', 'string'])]),
    [],
    ['TYPE_MISMATCH'],
  ),
  row(
    'a union becomes one of its branches',
    record([field(['null', 'string'])]),
    record([field('string')]),
    ['TYPE_MISMATCH'],
    [],
  ),
  row('a branch added to a union', ['null', 'int'], ['null', 'int', 'string'], [], ['MISSING_UNION_BRANCH']),
  row(
    'a branch removed from a union',
    ['null', 'int', 'string'],
    ['null', 'int'],
    ['MISSING_UNION_BRANCH'],
    [],
  ),
  row('branches in another order', ['null', 'int'], ['int', 'null']),
  row('a branch promoted', ['null', 'int'], ['null', 'long'], [], ['MISSING_UNION_BRANCH']),
  row(
    'a union of types that are all promoted to one',
    ['int', 'long'],
    'double',
    [],
    ['MISSING_UNION_BRANCH'],
  ),
  row(
    'a record in a union gets a field without default',
    ['null', item('Item')],
    ['null', item('Item', { fields: [id, field('int')] })],
    ['MISSING_UNION_BRANCH'],
    [],
  ),
];

/** The sections of the table. */
export const changes: Readonly<Record<string, readonly Change[]>> = {
  'Fields of records': fields,
  Types: types,
  Names: names,
  Enums: enums,
  Unions: unions,
  'Meaning: what a registry lets through': meanings,
};
