import {
  RegistryRefusal,
  SchemaIncompatible,
  SchemaInvalid,
  type SchemaReference,
} from '../../ports/schema-registry.js';
import { StorageUnavailable } from '../../ports/storage.js';

/** What the REST API answers when it does not do what was asked. */
export interface ErrorDocument {
  readonly error_code: number;
  readonly message: string;
}

export const httpError = (status: number, message: string): RegistryRefusal =>
  new RegistryRefusal(status, message);

/** Three digits are the status itself, five begin with it. */
export const statusOf = ({ error_code: code }: ErrorDocument): number =>
  code < 1_000 ? code : Math.floor(code / 100);

/** undefined for a fault of ours. */
export const toErrorDocument = (error: unknown): ErrorDocument | undefined => {
  if (error instanceof RegistryRefusal) return { error_code: error.errorCode, message: error.message };
  if (error instanceof SchemaInvalid) {
    return { error_code: 42201, message: `Invalid schema of type AVRO, details: ${error.reason}` };
  }
  if (error instanceof SchemaIncompatible) {
    const message = `Schema being registered is incompatible with an earlier schema for subject "${error.subject}", details: [${error.reasons.join(', ')}]`;
    return { error_code: 409, message };
  }
  if (error instanceof StorageUnavailable) return { error_code: 50001, message: error.message };
  return undefined;
};

/** Without references when there are none; without a type, as for all Avro schemas. */
export const schemaDocument = ({
  schema,
  references = [],
}: {
  readonly schema: string;
  readonly references?: readonly SchemaReference[];
}) => ({ schema, ...(references.length > 0 && { references }) });
