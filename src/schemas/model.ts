/** Where something stands: a file, and in it a JSON pointer (RFC 6901; '' is the whole document). */
export interface Place {
  readonly file: string;
  readonly path: string;
}

/** A schema with every name in it resolved; a named schema is one object however often it is referred to. */
export type Schema = Primitive | ArraySchema | MapSchema | Union | NamedSchema;
export type NamedSchema = RecordSchema | EnumSchema | FixedSchema;

interface Node {
  readonly place: Place;
  /** All attributes as written, the ones unknown to Avro included. */
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly logical?: LogicalType;
}

/** Specification, "Logical Types". One that is invalid for its type is left out, as readers ignore it. */
export interface LogicalType {
  readonly name: string;
  readonly known: boolean;
  readonly decimal?: { readonly precision: number; readonly scale: number };
}

export const primitives = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'] as const;

export interface Primitive extends Node {
  readonly type: (typeof primitives)[number];
}

export interface ArraySchema extends Node {
  readonly type: 'array';
  readonly items: Schema;
}

export interface MapSchema extends Node {
  readonly type: 'map';
  readonly values: Schema;
}

export interface Union extends Node {
  readonly type: 'union';
  readonly branches: readonly Schema[];
}

interface Named extends Node {
  readonly name: string;
  readonly fullName: string;
  /** Full names (specification, "Aliases"). */
  readonly aliases: readonly string[];
}

export interface RecordSchema extends Named {
  readonly type: 'record';
  readonly fields: readonly Field[];
}

export interface EnumSchema extends Named {
  readonly type: 'enum';
  readonly symbols: readonly string[];
  readonly default?: string;
}

export interface FixedSchema extends Named {
  readonly type: 'fixed';
  readonly size: number;
}

export interface Field {
  readonly place: Place;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly name: string;
  readonly aliases: readonly string[];
  readonly schema: Schema;
  /** Wrapped, as null is a default like any other. */
  readonly default?: { readonly value: unknown };
}

/** The name that tells the branches of a union apart (specification, "Unions"). */
export const nameOf = (schema: Schema): string => ('fullName' in schema ? schema.fullName : schema.type);

/** A schema in a few words, for messages. */
export const describe = (schema: Schema): string => {
  switch (schema.type) {
    case 'array':
      return `array of ${briefly(schema.items)}`;
    case 'map':
      return `map of ${briefly(schema.values)}`;
    case 'union':
      return `[${schema.branches.map(briefly).join(', ')}]`;
    case 'enum':
      return `enum ${schema.fullName} [${schema.symbols.join(', ')}]${
        schema.default === undefined ? '' : ` default ${schema.default}`
      }`;
    case 'fixed':
      return `fixed ${schema.fullName} of ${schema.size} bytes${logicalText(schema)}`;
    case 'record':
      return `record ${schema.fullName}`;
    default:
      return `${schema.type}${logicalText(schema)}`;
  }
};

/** Without what stands inside, which may be the schema itself. */
const briefly = (schema: Schema): string => `${nameOf(schema)}${logicalText(schema)}`;

const logicalText = ({ logical }: Schema): string => (logical ? ` (${describeLogical(logical)})` : '');

export const describeLogical = ({ name, decimal }: LogicalType): string =>
  decimal ? `decimal(${decimal.precision}, ${decimal.scale})` : name;
