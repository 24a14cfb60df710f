/** Terraform's type constraints: what a variable of a module accepts. */

export type Type =
  | { readonly is: 'any' | 'string' | 'number' | 'bool' }
  | { readonly is: 'list' | 'map'; readonly of: Type }
  | { readonly is: 'tuple'; readonly of: readonly Type[] }
  | { readonly is: 'object'; readonly attributes: ReadonlyMap<string, ObjectAttribute> };

export interface ObjectAttribute {
  readonly type: Type;
  readonly optional: boolean;
}

export const anything: Type = { is: 'any' };

const token = /\s*(?:(?:#|\/\/).*\s*)*([\p{ID_Start}_][\p{ID_Continue}-]*|"(?:[^"\\]|\\.)*"|[^\s])/uy;

/** @throws for what is no type constraint. */
export const parseType = (text: string): Type => {
  const words: string[] = [];
  token.lastIndex = 0;
  for (let found = token.exec(text); found !== null; found = token.exec(text)) words.push(found[1] ?? '');
  return new Reader(text, words).type();
};

class Reader {
  private next = 0;

  private readonly text: string;
  private readonly words: readonly string[];

  constructor(text: string, words: readonly string[]) {
    this.text = text;
    this.words = words;
  }

  type(): Type {
    const word = this.take();
    switch (word) {
      case 'any':
      case 'string':
      case 'number':
      case 'bool':
        return { is: word };
      case 'list':
      case 'set':
      case 'map': {
        if (this.peek() !== '(') return { is: word === 'map' ? 'map' : 'list', of: anything };
        this.take('(');
        const of = this.type();
        this.take(')');
        return { is: word === 'map' ? 'map' : 'list', of };
      }
      case 'tuple':
        return this.tuple();
      case 'object':
        return this.object();
      default:
        throw new Error(`${this.text} is no type: ${word} is not known.`);
    }
  }

  private tuple(): Type {
    const of: Type[] = [];
    this.take('(');
    this.take('[');
    while (this.peek() !== ']') {
      of.push(this.type());
      if (this.peek() === ',') this.take();
    }
    this.take(']');
    this.take(')');
    return { is: 'tuple', of };
  }

  private object(): Type {
    const attributes = new Map<string, ObjectAttribute>();
    this.take('(');
    this.take('{');
    while (this.peek() !== '}') {
      const name = this.take().replaceAll('"', '');
      this.take('=');
      attributes.set(name, this.attribute());
      if (this.peek() === ',') this.take();
    }
    this.take('}');
    this.take(')');
    return { is: 'object', attributes };
  }

  private attribute(): ObjectAttribute {
    if (this.peek() !== 'optional') return { type: this.type(), optional: false };
    this.take();
    this.take('(');
    const type = this.type();
    // The default may be any expression.
    for (let depth = 0; depth > 0 || this.peek() !== ')';) {
      const word = this.take();
      if ('([{'.includes(word)) depth += 1;
      if (')]}'.includes(word)) depth -= 1;
    }
    this.take(')');
    return { type, optional: true };
  }

  private peek(): string | undefined {
    return this.words[this.next];
  }

  private take(expected?: string): string {
    const word = this.words[this.next++];
    if (word === undefined || (expected !== undefined && word !== expected)) {
      throw new Error(`${this.text} is no type: ${expected ?? 'more'} is missing.`);
    }
    return word;
  }
}
