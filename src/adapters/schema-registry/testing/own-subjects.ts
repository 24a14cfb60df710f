import { randomUUID } from 'node:crypto';
import {
  type RegisteredSchema,
  SchemaIncompatible,
  type SchemaReference,
  type SchemaRegistry,
  type SchemaText,
} from '../../../ports/schema-registry.js';

/** A registry that others use, too, seen as one that is empty at first and whose mode is FULL_TRANSITIVE. */
export class OwnSubjects implements SchemaRegistry {
  /** @param modes the subjects that have one, common to all views with the prefix. */
  constructor(
    private readonly registry: SchemaRegistry,
    private readonly prefix = `spec-${randomUUID()}-`,
    private readonly modes = new Set<string>(),
  ) {}

  /** The same subjects through another connection. */
  through(registry: SchemaRegistry): OwnSubjects {
    return new OwnSubjects(registry, this.prefix, this.modes);
  }

  /** As the others know them. */
  async ownNames(): Promise<readonly string[]> {
    return (await this.registry.subjects()).filter((subject) => subject.startsWith(this.prefix));
  }

  async register(subject: string, schema: SchemaText): Promise<RegisteredSchema> {
    if (!this.modes.has(subject)) await this.setMode(subject, 'FULL_TRANSITIVE');
    try {
      return this.shown(await this.registry.register(this.prefix + subject, this.text(schema)));
    } catch (error) {
      if (error instanceof SchemaIncompatible) throw new SchemaIncompatible(subject, error.reasons);
      throw error;
    }
  }

  async lookup(subject: string, schema: SchemaText): Promise<RegisteredSchema | undefined> {
    const found = await this.registry.lookup(this.prefix + subject, this.text(schema));
    return found && this.shown(found);
  }

  async byId(id: number): Promise<SchemaText | undefined> {
    const found = await this.registry.byId(id);
    return found && this.shown(found);
  }

  async latest(subject: string): Promise<RegisteredSchema | undefined> {
    const found = await this.registry.latest(this.prefix + subject);
    return found && this.shown(found);
  }

  async versions(subject: string): Promise<readonly RegisteredSchema[]> {
    return (await this.registry.versions(this.prefix + subject)).map((found) => this.shown(found));
  }

  async subjects(): Promise<readonly string[]> {
    return (await this.ownNames()).map((subject) => subject.slice(this.prefix.length));
  }

  async setMode(subject: string, compatibility: string): Promise<void> {
    await this.registry.setMode(this.prefix + subject, compatibility);
    this.modes.add(subject);
  }

  incompatibilities(subject: string, schema: SchemaText): Promise<readonly string[]> {
    return this.registry.incompatibilities(this.prefix + subject, this.text(schema));
  }

  private text({ schema, references = [] }: SchemaText): SchemaText {
    const renamed = (each: SchemaReference) => ({ ...each, subject: this.prefix + each.subject });
    return { schema, references: references.map(renamed) };
  }

  private shown<Text extends SchemaText>(found: Text): Text {
    const own = (subject: string): string =>
      subject.startsWith(this.prefix) ? subject.slice(this.prefix.length) : subject;
    return {
      ...found,
      ...('subject' in found && { subject: own(String(found.subject)) }),
      references: (found.references ?? []).map((each) => ({ ...each, subject: own(each.subject) })),
    };
  }
}
