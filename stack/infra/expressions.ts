import { getExpressionAst } from '@cdktn/hcl2json';
import { z } from 'zod';

/** An expression's tree, as far as it is looked at. */
export interface Expression {
  readonly type: string;
  readonly children: readonly Expression[];
  readonly meta: Meta;
}

const partSchema = z.object({ type: z.enum(['nameTraversal', 'indexTraversal']), segment: z.string() });

export type Part = z.infer<typeof partSchema>;

const metaSchema = z
  .object({
    value: z.string(),
    type: z.string(),
    name: z.string(),
    keyVar: z.string(),
    valVar: z.string(),
    valueExpression: z.string(),
    traversal: z.array(partSchema),
    items: z.record(z.string(), z.string()),
  })
  .partial();

type Meta = z.infer<typeof metaSchema>;

const nodeSchema: z.ZodType<Expression> = z.object({
  type: z.string(),
  get children() {
    return z
      .array(nodeSchema)
      .nullish()
      .transform((found) => found ?? []);
  },
  meta: metaSchema.nullish().transform((found) => found ?? {}),
});

const known = new Map<string, Promise<Expression>>();

/** @throws for what is no expression. */
export const parseExpression = (text: string): Promise<Expression> => {
  const found =
    known.get(text) ?? getExpressionAst('expression', text).then((tree) => nodeSchema.parse(tree));
  known.set(text, found);
  return found;
};

/** What an expression refers to: the way from a name, such as var.topics, and whether an index or splat follows on it. */
export interface Reference {
  readonly parts: readonly Part[];
}

export interface Found {
  readonly references: readonly Reference[];
  readonly functions: readonly string[];
}

export const findIn = (tree: Expression): Found => {
  const references: Reference[] = [];
  const functions: string[] = [];
  const walk = (node: Expression, bound: ReadonlySet<string>, after: readonly Part[]): void => {
    const { traversal = [], keyVar, valVar, name } = node.meta;
    const [first] = node.children;
    switch (node.type) {
      case 'scopeTraversal':
        if (!bound.has(traversal[0]?.segment ?? '')) references.push({ parts: [...traversal, ...after] });
        return;
      case 'relativeTraversal':
        if (first !== undefined) walk(first, bound, [...traversal, ...after]);
        return;
      case 'index':
        if (first !== undefined) walk(first, bound, [anyIndex, ...after]);
        for (const child of node.children.slice(1)) walk(child, bound, []);
        return;
      case 'splat': {
        const each = node.children[1];
        const rest = each?.type === 'relativeTraversal' ? (each.meta.traversal ?? []) : [];
        if (first !== undefined) walk(first, bound, [anyIndex, ...rest, ...after]);
        return;
      }
      case 'for': {
        // The collection comes first; it does not know the names.
        const inner = new Set([...bound, ...[keyVar, valVar].filter((each) => each !== undefined)]);
        node.children.forEach((child, index) => {
          walk(child, index === 0 ? bound : inner, []);
        });
        return;
      }
      case 'function':
        if (name !== undefined) functions.push(name);
    }
    for (const child of node.children) walk(child, bound, []);
  };
  walk(tree, new Set(), []);
  return { references, functions };
};

const anyIndex: Part = { type: 'indexTraversal', segment: '' };
