import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from '@cdktn/hcl2json';

/**
 * The structure of HCL files, with lines. hcl2json says whether a file is HCL at all; but its JSON does not tell a block from an
 * attribute that holds a list of objects, and names no lines.
 */

export interface Attribute {
  readonly name: string;
  readonly expression: string;
  readonly at: string;
}

export interface Block {
  readonly type: string;
  readonly labels: readonly string[];
  readonly body: Body;
  readonly at: string;
}

export interface Body {
  readonly attributes: readonly Attribute[];
  readonly blocks: readonly Block[];
}

export const attribute = (body: Body, name: string): Attribute | undefined =>
  body.attributes.find((each) => each.name === name);

export const blocksOf = (body: Body, type: string): readonly Block[] =>
  body.blocks.filter((block) => block.type === type);

/** The text of a string without interpolation, else undefined. */
export const plainText = (found: Attribute | undefined): string | undefined =>
  found === undefined ? undefined : /^"([^"$%\\]*)"$/.exec(found.expression)?.[1];

/** @throws where the file is no HCL, with its name and line. */
export const parseHcl = async (file: string, text: string): Promise<Body> => {
  await parse(file, text);
  return new Scanner(file, text).body();
};

/** All files of a folder as one body, as Terraform reads them; `files` are in the order of their names. */
export const parseFolder = async (folder: string, name: string): Promise<Body> => {
  const attributes: Attribute[] = [];
  const blocks: Block[] = [];
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith('.tf')) continue;
    const body = await parseHcl(join(name, file), readFileSync(join(folder, file), 'utf8'));
    attributes.push(...body.attributes);
    blocks.push(...body.blocks);
  }
  return { attributes, blocks };
};

const identifier = /[\p{ID_Start}_][\p{ID_Continue}-]*/uy;
const opening = '([{';
const closing = ')]}';

class Scanner {
  private position = 0;

  private readonly file: string;
  private readonly text: string;

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
  }

  /** Up to the end of the file, or of the block. */
  body(): Body {
    const attributes: Attribute[] = [];
    const blocks: Block[] = [];
    for (;;) {
      this.skip(true);
      if (this.position >= this.text.length || this.text[this.position] === '}') {
        this.position += 1;
        return { attributes, blocks };
      }
      const at = this.at();
      const name = this.identifier();
      this.skip(false);
      if (this.text[this.position] === '=' && this.text[this.position + 1] !== '=') {
        this.position += 1;
        attributes.push({ name, expression: this.expression(), at });
      } else blocks.push({ type: name, labels: this.labels(), body: this.body(), at });
    }
  }

  private labels(): readonly string[] {
    const labels: string[] = [];
    for (;;) {
      this.skip(false);
      const next = this.text[this.position];
      if (next === '{') {
        this.position += 1;
        return labels;
      }
      if (next === '"') {
        const start = this.position + 1;
        this.string();
        labels.push(this.text.slice(start, this.position - 1));
      } else labels.push(this.identifier());
    }
  }

  /** Up to the end of the line, unless brackets are open. */
  private expression(): string {
    this.skip(false);
    const start = this.position;
    let end = start;
    let depth = 0;
    for (;;) {
      this.skip(depth > 0);
      const next = this.text[this.position];
      if (next === undefined || next === '\n') break;
      if (depth === 0 && next === '}') break;
      if (opening.includes(next)) depth += 1;
      if (closing.includes(next)) depth -= 1;
      if (next === '"') this.string();
      else if (this.text.startsWith('<<', this.position)) this.heredoc();
      else this.position += 1;
      end = this.position;
    }
    return this.text.slice(start, end);
  }

  /** A string, with templates in it, which may hold strings. */
  private string(): void {
    this.position += 1;
    while (this.text[this.position] !== '"') {
      if (this.text[this.position] === undefined) throw this.error('A string has no end');
      if (this.text[this.position] === '\\') this.position += 2;
      else if (/^(?:\$\$|%%)\{/.test(this.text.slice(this.position, this.position + 3))) this.position += 3;
      else if (/^[$%]\{/.test(this.text.slice(this.position, this.position + 2))) this.template();
      else this.position += 1;
    }
    this.position += 1;
  }

  private template(): void {
    this.position += 2;
    let depth = 1;
    while (depth > 0) {
      const next = this.text[this.position];
      if (next === undefined) throw this.error('A template has no end');
      if (next === '{') depth += 1;
      if (next === '}') depth -= 1;
      if (next === '"') this.string();
      else this.position += 1;
    }
  }

  private heredoc(): void {
    const head = /<<-?([\p{ID_Start}_][\p{ID_Continue}-]*)\n/uy;
    head.lastIndex = this.position;
    const word = head.exec(this.text)?.[1];
    if (word === undefined) throw this.error('A heredoc has no word');
    const tail = new RegExp(`^[ \\t]*${word}$`, 'mu');
    const rest = tail.exec(this.text.slice(head.lastIndex));
    if (rest === null) throw this.error(`A heredoc has no ${word} at its end`);
    this.position = head.lastIndex + rest.index + rest[0].length;
  }

  /** White space and comments; line ends too, where they mean nothing. */
  private skip(lines: boolean): void {
    const blank = lines ? /(?:\s|#.*|\/\/.*|\/\*[^]*?\*\/)*/y : /(?:[^\S\n]|#.*|\/\/.*|\/\*[^]*?\*\/)*/y;
    blank.lastIndex = this.position;
    blank.exec(this.text);
    this.position = blank.lastIndex;
  }

  private identifier(): string {
    identifier.lastIndex = this.position;
    const found = identifier.exec(this.text)?.[0];
    if (found === undefined) throw this.error('A name is missing');
    this.position += found.length;
    return found;
  }

  private at(): string {
    return `${this.file}:${this.text.slice(0, this.position).split('\n').length}`;
  }

  private error(message: string): Error {
    return new Error(`${this.at()}: ${message}.`);
  }
}
