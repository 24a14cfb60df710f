import { readFileSync } from 'node:fs';

/** `head { … }`: a section, directive or step with a body. What stands in it alone is a block without a body. */
export interface Block {
  readonly head: string;
  readonly body: readonly Block[];
}

const piece = /\/\/[^\n]*|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|[{}\n]|[^'"{}\n/]+|\//g;

/** As much of Groovy as the Jenkinsfile has: blocks, and statements that end with their line or, after a comma or bracket, later. */
const parse = (text: string): readonly Block[] => {
  const open: { head: string; body: Block[] }[] = [{ head: '', body: [] }];
  let statement = '';
  const top = (): { head: string; body: Block[] } => {
    const found = open.at(-1);
    if (!found) throw new Error('The Jenkinsfile closes more blocks than it opens.');
    return found;
  };
  const end = (): void => {
    const head = statement.trim().replaceAll(/\s+/g, ' ');
    if (head !== '') top().body.push({ head, body: [] });
    statement = '';
  };
  for (const [token] of text.matchAll(piece)) {
    if (token.startsWith('//')) continue;
    if (token === '{') {
      open.push({ head: statement.trim().replaceAll(/\s+/g, ' '), body: [] });
      statement = '';
    } else if (token === '}') {
      end();
      const closed = top();
      open.pop();
      top().body.push(closed);
    } else if (token === '\n' && !/[,([]\s*$/.test(statement)) {
      end();
    } else {
      statement += token;
    }
  }
  if (open.length !== 1) throw new Error(`The Jenkinsfile leaves ${top().head} open.`);
  return top().body;
};

export const readJenkinsfile = (): readonly Block[] => parse(readFileSync('Jenkinsfile', 'utf8'));

/** The block and all in it, from the first line to the last. */
export const all = (block: Block): readonly Block[] => [block, ...block.body.flatMap(all)];

/** As it is written, on one line. */
export const textOf = ({ head, body }: Block): string =>
  body.length === 0 ? head : `${head} { ${body.map(textOf).join('; ')} }`;

/** The body of the blocks directly in this one that have the head. */
export const section = (block: Block, head: string): readonly Block[] =>
  block.body.filter((each) => each.head === head).flatMap(({ body }) => body);

const stageName = /^stage\('([^']+)'\)$/;

export interface Stage {
  readonly name: string;
  readonly block: Block;
}

/** Every stage, a parent before what is in it. */
export const stagesIn = (blocks: readonly Block[]): readonly Stage[] =>
  blocks.flatMap(all).flatMap((block) => {
    const name = stageName.exec(block.head)?.[1];
    return name === undefined ? [] : [{ name, block }];
  });

/** The commands of all `sh` steps, in their order. @throws Error for one that is not a plain text */
export const commandsIn = (blocks: readonly Block[]): readonly string[] =>
  blocks.flatMap(all).flatMap(({ head }) => {
    if (!/^sh\b/.test(head)) return [];
    const command = /^sh '([^']+)'$/.exec(head)?.[1];
    if (command === undefined) throw new Error(`Not a step that can be read: ${head}`);
    return [command];
  });
