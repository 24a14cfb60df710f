import { type Incompatibility } from './compatibility.js';
import { type Finding, type Half, type Reading, writing } from './finding.js';
import { describe, nameOf } from './model.js';
import { shortName } from './names.js';

/** An incompatibility in words: whom it breaks, with which data, and how to change the schema without it. */
export const explain = (found: Incompatibility, readerIs: Reading): Finding => {
  const { rule, path } = found;
  const who = `A reader with the ${readerIs} schema cannot read data of the ${writing(readerIs)} schema`;
  const said = [`${who}: ${problem(found)}.`, because(found), divergence(found)].filter(
    (part) => part !== '',
  );
  const remedy = readerIs === 'new' ? newReader(found) : oldReader(found);
  return { kind: 'registry', rule, path, ...halves(found), message: said.join(' '), remedy };
};

const halves = ({ reader, writer, field }: Incompatibility): { reader: Half; writer: Half } => ({
  reader: field
    ? { place: field.place, schema: `${field.name}: ${describe(field.schema)}` }
    : { place: reader.place, schema: describe(reader) },
  writer: { place: writer.place, schema: describe(writer) },
});

const problem = ({ rule, reader, writer, detail, field, branch }: Incompatibility): string => {
  switch (rule) {
    case 'NAME_MISMATCH':
      return `${nameOf(writer)} is another name than ${nameOf(reader)}, and no alias of it`;
    case 'FIXED_SIZE_MISMATCH':
      return `the sizes of ${nameOf(reader)} differ (${detail})`;
    case 'MISSING_ENUM_SYMBOLS':
      return `the symbols ${detail} are unknown to it and its enum ${nameOf(reader)} has no default`;
    case 'MISSING_UNION_BRANCH':
      return `no branch of ${describe(reader)} reads ${branch ? `${describe(branch)} of ` : ''}${describe(writer)}`;
    case 'READER_FIELD_MISSING_DEFAULT_VALUE':
      return `the data has no ${detail}, and the field has no default`;
    case 'AMBIGUOUS_ALIAS':
      return `${detail} of the data: which one is meant cannot be said`;
    case 'TYPE_MISMATCH':
      return field
        ? `the data has no ${field.name}, and the field has no default`
        : `it expects ${describe(reader)}, and the data has ${describe(writer)}`;
  }
};

const because = ({ causes = [] }: Incompatibility): string =>
  causes.length === 0 ? '' : `The branch that comes nearest fails at ${causes.map(problem).join('; ')}.`;

/** Where the specification's "Schema Resolution" would say something else than the registry. */
const divergence = ({ rule, field, branch, ofOneBranch }: Incompatibility): string => {
  if (rule === 'AMBIGUOUS_ALIAS') return 'The specification leaves this open; Java Avro fails.';
  if (rule === 'TYPE_MISMATCH' && field) {
    return 'The default of an enum stands for unknown symbols, not for a missing field (Java Avro calls this a type mismatch).';
  }
  if (rule === 'MISSING_ENUM_SYMBOLS' || branch || ofOneBranch) {
    return 'The specification resolves datum by datum, so that only data with this value fails; a registry refuses the schema as a whole.';
  }
  return '';
};

const aside = 'keep the field as it is and add one of another name, with a default, for the new type';

/** The new schema can still be changed to read the old data. */
const newReader = ({ rule, reader, writer, branch, field, detail }: Incompatibility): string => {
  switch (rule) {
    case 'NAME_MISMATCH': {
      const aliases = 'aliases' in reader ? reader.aliases : [];
      const near = aliases.find((alias) => shortName(alias) === shortName(nameOf(writer)));
      const hint =
        near === undefined ? '' : ` (its alias ${near} is another namespace's: write the full name)`;
      return `Keep the name, or add "${nameOf(writer)}" to the aliases of ${nameOf(reader)}${hint}; old readers need the old name in any case.`;
    }
    case 'FIXED_SIZE_MISMATCH':
      return `Keep the size, or define a fixed of another name and ${aside}.`;
    case 'MISSING_ENUM_SYMBOLS':
      return `Keep the symbols ${detail}, or give ${nameOf(reader)} a "default" symbol that stands for them.`;
    case 'MISSING_UNION_BRANCH':
      return `Keep ${describe(branch ?? writer)} as a branch of the union; that nothing writes it any more may be said in the doc.`;
    case 'READER_FIELD_MISSING_DEFAULT_VALUE':
      return `Give ${detail} a default, or, if it is another field by a new name, add the old name to its aliases.`;
    case 'AMBIGUOUS_ALIAS':
      return 'Remove the aliases that name other fields of the data.';
    case 'TYPE_MISMATCH':
      return field
        ? `Give the field ${field.name} a default of its own.`
        : `Promotions go int → long → float → double and string ↔ bytes. Else ${aside}, or make the type a union of both.`;
  }
};

/** The old schema is published: only the new one can give way. */
const oldReader = ({ rule, reader, field, detail }: Incompatibility): string => {
  switch (rule) {
    case 'NAME_MISMATCH':
      return `Keep the name ${nameOf(reader)} in the new schema: an alias helps new readers only (mode BACKWARD).`;
    case 'FIXED_SIZE_MISMATCH':
      return `Keep the size, or define a fixed of another name and ${aside}.`;
    case 'MISSING_ENUM_SYMBOLS':
      return `Leave out the symbols ${detail} until every reader has a version of ${nameOf(reader)} with a "default" symbol; under a transitive mode, use a new field.`;
    case 'MISSING_UNION_BRANCH':
      return 'Leave the type as it is and add a field of another name, with a default, for the new values.';
    case 'READER_FIELD_MISSING_DEFAULT_VALUE':
      return `Keep ${detail}. A field can be removed only if the versions that are still read have a default for it.`;
    case 'AMBIGUOUS_ALIAS':
      return 'Give the new field another name: the aliases of the old schema claim this one.';
    case 'TYPE_MISMATCH':
      return field
        ? `Keep ${field.name}: the old schema has no default for the field.`
        : `Old readers know ${describe(reader)} only: write nothing else there, or ${aside}.`;
  }
};
