import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import {
  type Expression,
  type Found,
  findIn,
  parseExpression,
  type Part,
  type Reference,
} from './expressions.ts';
import { functions } from './functions.ts';
import {
  attribute,
  type Attribute,
  type Block,
  blocksOf,
  type Body,
  parseFolder,
  parseHcl,
  plainText,
} from './hcl.ts';
import { type Interface, interfaceFrom, interfaceOf, type Recorded, recordedName } from './interfaces.ts';
import { type BlockSchema, type Kind, type ProviderSchema } from './provider-schema.ts';
import { anything, type Type } from './types.ts';
import { type Names, unfit } from './values.ts';

export interface Knowledge {
  /** Undefined: nothing is said about resources' arguments. */
  readonly schema: ProviderSchema | undefined;
  readonly recorded: Recorded;
}

export interface Verdict {
  readonly problems: readonly string[];
  readonly checked: Readonly<Record<'resources' | 'calls' | 'references', number>>;
}

/** What is wrong in a folder of Terraform, in sentences that begin with the place. */
export const judge = async (folder: string, name: string, knowledge: Knowledge): Promise<Verdict> => {
  try {
    return await new Judge(folder, name, await parseFolder(folder, name), knowledge).verdict();
  } catch (failure) {
    const problem = failure instanceof Error ? failure.message : String(failure);
    return { problems: [problem], checked: { resources: 0, calls: 0, references: 0 } };
  }
};

/** What an expression may refer to besides the folder's names. */
interface Scope {
  /** With the type of what is gone through, where it is known. */
  readonly names: ReadonlyMap<string, Type>;
  readonly schema?: BlockSchema | undefined;
}

const nowhere: Scope = { names: new Map() };

const metaArguments: Readonly<Record<'resource' | 'data' | 'module', ReadonlySet<string>>> = {
  resource: new Set(['count', 'for_each', 'depends_on', 'provider']),
  data: new Set(['count', 'for_each', 'depends_on', 'provider']),
  module: new Set(['source', 'version', 'count', 'for_each', 'depends_on', 'providers']),
};
const metaBlocks = new Set(['lifecycle', 'provisioner', 'connection']);
const lifecycle = new Set([
  'prevent_destroy',
  'create_before_destroy',
  'ignore_changes',
  'replace_triggered_by',
]);
const variableArguments = new Set([
  ...['type', 'default', 'description', 'sensitive', 'nullable', 'ephemeral'],
]);
const outputArguments = new Set(['value', 'description', 'sensitive', 'depends_on', 'ephemeral']);
const localNames: Readonly<Record<string, readonly string[]>> = {
  path: ['module', 'root', 'cwd'],
  terraform: ['workspace', 'applying'],
};

class Judge {
  private readonly problems: string[] = [];
  private readonly used = new Set<string>();
  private readonly declared = new Map<string, Block | Attribute>();
  private readonly interfaces = new Map<string, Interface | undefined>();
  private readonly own: Interface;
  private resources = 0;
  private calls = 0;
  private references = 0;

  private readonly folder: string;
  private readonly name: string;
  private readonly body: Body;
  private readonly knowledge: Knowledge;

  constructor(folder: string, name: string, body: Body, knowledge: Knowledge) {
    this.folder = folder;
    this.name = name;
    this.body = body;
    this.knowledge = knowledge;
    this.own = interfaceOf(body);
  }

  async verdict(): Promise<Verdict> {
    this.declareAll();
    for (const call of blocksOf(this.body, 'module')) await this.readInterface(call);
    for (const { name, at } of this.body.attributes) this.report(at, `${name} stands outside of all blocks`);
    for (const block of this.body.blocks) await this.block(block);
    for (const file of ['terraform.tfvars.example', 'terraform.tfvars']) await this.values(file);
    for (const [name, { at }] of this.declared) {
      if (/^(?:var|local|data)\./.test(name) && !this.used.has(name)) this.report(at, `${name} is not used`);
    }
    const { resources, calls, references } = this;
    return { problems: this.problems, checked: { resources, calls, references } };
  }

  private declareAll(): void {
    const declare = (name: string, what: Block | Attribute): void => {
      if (this.declared.has(name)) this.report(what.at, `${name} is declared twice`);
      this.declared.set(name, what);
    };
    for (const block of this.body.blocks) {
      const labels = block.labels.join('.');
      switch (block.type) {
        case 'variable':
          declare(`var.${labels}`, block);
          break;
        case 'resource':
          declare(labels, block);
          break;
        case 'data':
        case 'module':
        case 'output':
          declare(`${block.type}.${labels}`, block);
          break;
        case 'locals':
          for (const each of block.body.attributes) declare(`local.${each.name}`, each);
      }
    }
  }

  private async block(block: Block): Promise<void> {
    const { type, labels, body, at } = block;
    switch (type) {
      case 'resource':
      case 'data':
        if (labels.length !== 2) this.report(at, `A ${type} has two labels: its type and its name`);
        await this.resource(type, block);
        return;
      case 'module':
        await this.call(block);
        return;
      case 'provider':
        await this.provider(block);
        return;
      case 'variable':
        await this.variable(block);
        return;
      case 'output':
        this.onlyArguments(body, outputArguments, 'An output', new Set(['precondition']));
        if (attribute(body, 'value') === undefined) this.report(at, 'An output needs a value');
        await this.expressions(body, nowhere);
        return;
      case 'locals':
        await this.expressions(body, nowhere);
        return;
      case 'terraform':
        return;
      case 'moved':
      case 'import':
      case 'removed':
      case 'check':
        await this.expressions(body, nowhere);
        return;
      default:
        this.report(at, `There is no block ${type}`);
    }
  }

  private async resource(kind: 'resource' | 'data', { labels, body, at }: Block): Promise<void> {
    const [type = ''] = labels;
    this.resources += 1;
    const schema = this.schemaOf(kind, type, at);
    const scope = { names: await this.manyOf(body), schema };
    const rest = {
      attributes: body.attributes.filter(({ name }) => !metaArguments[kind].has(name)),
      blocks: body.blocks.filter((block) => !metaBlocks.has(block.type)),
    };
    for (const each of body.attributes) {
      if (metaArguments[kind].has(each.name)) await this.expression(each, nowhere);
    }
    for (const block of blocksOf(body, 'lifecycle')) await this.lifecycle(block, scope);
    await this.content(rest, schema, scope, type, at);
  }

  /** `terraform_data` and other providers' types are beyond the schema. */
  private schemaOf(kind: Kind, type: string, at: string): BlockSchema | undefined {
    if (this.knowledge.schema === undefined) return undefined;
    if (kind !== 'provider' && !type.startsWith('aws_')) {
      this.report(at, `${type} is not of the AWS provider, the only one whose schema is known`);
      return undefined;
    }
    const schema = this.knowledge.schema(kind, type);
    if (schema === undefined) this.report(at, `The provider has no ${kind} ${type}`);
    return schema;
  }

  private async lifecycle({ body }: Block, scope: Scope): Promise<void> {
    this.onlyArguments(body, lifecycle, 'A lifecycle block', new Set(['precondition', 'postcondition']));
    for (const each of body.attributes) {
      const tree = await this.parsed(each);
      if (each.name !== 'ignore_changes') this.found(each.at, tree, scope);
      else {
        for (const { parts } of findIn(tree).references) {
          const root = parts[0]?.segment ?? '';
          if (root !== 'all' && scope.schema !== undefined && !has(scope.schema, root)) {
            this.report(each.at, `ignore_changes names ${root}, which is no argument`);
          }
        }
      }
    }
    for (const block of body.blocks) {
      await this.expressions(block.body, {
        ...scope,
        names: new Map([...scope.names, ['self', anything] as const]),
      });
    }
  }

  /** Arguments and nested blocks, against the schema if there is one. */
  private async content(
    body: Body,
    schema: BlockSchema | undefined,
    scope: Scope,
    what: string,
    at: string,
  ): Promise<void> {
    const seen = new Map<string, number>();
    for (const each of body.attributes) {
      seen.set(each.name, (seen.get(each.name) ?? 0) + 1);
      const tree = await this.expression(each, scope);
      if (schema === undefined) continue;
      const found = schema.attributes.get(each.name);
      const nested = schema.blocks.get(each.name);
      if (found === undefined && nested === undefined) {
        this.report(each.at, `${what} has no argument ${each.name}`);
      } else if (found?.readOnly === true) {
        this.report(each.at, `${what} sets ${each.name} itself`);
      } else if (nested?.orAttribute === false) {
        this.report(each.at, `${each.name} of ${what} is a block: write ${each.name} { … }`);
      } else if (found !== undefined) {
        for (const problem of await unfit(tree, found.type, each.name, this.names))
          this.report(each.at, problem);
      }
    }
    for (const each of body.blocks) {
      const dynamic = each.type === 'dynamic';
      const name = dynamic ? (each.labels[0] ?? '') : each.type;
      seen.set(name, (seen.get(name) ?? 0) + 1);
      const nested = schema?.blocks.get(name);
      if (schema !== undefined && nested === undefined) {
        this.report(
          each.at,
          schema.attributes.has(name)
            ? `${name} of ${what} is an argument: write ${name} = …`
            : `${what} has no block ${name}`,
        );
      }
      if (nested !== undefined && !nested.many && (seen.get(name) ?? 0) > 1) {
        this.report(each.at, `${what} may have one block ${name} only`);
      }
      if (!dynamic) {
        await this.content(each.body, nested?.schema, scope, `${what}.${name}`, each.at);
        continue;
      }
      const iterator = attribute(each.body, 'iterator')?.expression ?? name;
      const [content, ...more] = blocksOf(each.body, 'content');
      if (content === undefined || more.length > 0)
        this.report(each.at, `dynamic ${name} needs one block content`);
      const over = attribute(each.body, 'for_each');
      if (over === undefined) this.report(each.at, `dynamic ${name} needs for_each`);
      else await this.expression(over, scope);
      const values = over === undefined ? anything : await this.elementsOf(over, scope);
      const inner = { ...scope, names: new Map([...scope.names, [iterator, values] as const]) };
      this.onlyArguments(
        each.body,
        new Set(['for_each', 'iterator', 'labels']),
        `dynamic ${name}`,
        new Set(['content']),
      );
      if (content !== undefined) {
        await this.content(content.body, nested?.schema, inner, `${what}.${name}`, content.at);
      }
    }
    for (const [name, { required }] of [...(schema?.attributes ?? []), ...(schema?.blocks ?? [])]) {
      if (required && !seen.has(name)) this.report(at, `${what} lacks ${name}, which is required`);
    }
  }

  private async provider({ labels, body, at }: Block): Promise<void> {
    const schema = this.schemaOf('provider', labels[0] ?? '', at);
    const attributes = body.attributes.filter(({ name }) => name !== 'alias');
    await this.content({ ...body, attributes }, schema, nowhere, `provider ${labels[0] ?? ''}`, at);
  }

  private async variable({ labels, body, at }: Block): Promise<void> {
    const name = labels[0] ?? '';
    this.onlyArguments(body, variableArguments, `Variable ${name}`, new Set(['validation']));
    for (const needed of ['type', 'description']) {
      if (attribute(body, needed) === undefined) this.report(at, `Variable ${name} has no ${needed}`);
    }
    const value = attribute(body, 'default');
    if (value !== undefined) {
      const type = this.own.variables.get(name)?.type;
      const tree = await this.expression(value, nowhere);
      if (type !== undefined) {
        for (const problem of await unfit(tree, type, 'default', this.names)) this.report(value.at, problem);
      }
    }
    for (const block of body.blocks) {
      this.onlyArguments(block.body, new Set(['condition', 'error_message']), 'A validation', new Set());
      await this.expressions(block.body, nowhere);
      if (!/\bvar\./.test(attribute(block.body, 'condition')?.expression ?? '')) {
        this.report(block.at, `The validation of ${name} does not look at it`);
      }
    }
  }

  /** Terraform only warns of a value for a variable that is not there, and drops an attribute that no object type has. */
  private async values(name: string): Promise<void> {
    const file = join(this.folder, name);
    if (!existsSync(file)) return;
    const { attributes, blocks } = await parseHcl(`${this.name}/${name}`, readFileSync(file, 'utf8'));
    for (const { type, at } of blocks) this.report(at, `${type} is a block, where values are expected`);
    for (const { name: given, expression, at } of attributes) {
      const variable = this.own.variables.get(given);
      if (variable === undefined) this.report(at, `There is no variable ${given}`);
      else {
        for (const problem of await unfit(
          await parseExpression(expression),
          variable.type,
          given,
          this.names,
        ))
          this.report(at, problem);
      }
    }
    const all = new Set(attributes.map((each) => each.name));
    for (const [needed, { required }] of this.own.variables) {
      if (required && !all.has(needed)) this.report(`${this.name}/${name}`, `${needed} is missing`);
    }
  }

  private async readInterface(call: Block): Promise<void> {
    const name = call.labels[0] ?? '';
    const source = plainText(attribute(call.body, 'source'));
    const version = attribute(call.body, 'version');
    if (source === undefined) {
      this.report(call.at, `Module ${name} needs a source, in plain text`);
    } else if (source.startsWith('.')) {
      const folder = join(this.folder, source);
      if (version !== undefined) this.report(version.at, 'A module in a folder has no version');
      if (existsSync(folder)) {
        this.interfaces.set(name, interfaceOf(await parseFolder(folder, relative('.', folder))));
      } else this.report(call.at, `There is no folder ${source}`);
    } else {
      const exact = plainText(version);
      if (exact === undefined || !/^\d+\.\d+\.\d+$/.test(exact)) {
        this.report(call.at, `Module ${name} must name an exact version of ${source}`);
        return;
      }
      const found = this.knowledge.recorded[recordedName(source, exact)];
      if (found === undefined) {
        this.report(
          call.at,
          `The variables of ${source} ${exact} are not recorded: terraform init -backend=false, then make infra-record`,
        );
      } else this.interfaces.set(name, interfaceFrom(found));
    }
  }

  private async call({ labels, body, at }: Block): Promise<void> {
    const name = labels[0] ?? '';
    this.calls += 1;
    const scope = { names: await this.manyOf(body) };
    const called = this.interfaces.get(name);
    for (const block of body.blocks) this.report(block.at, `A call of a module has no block ${block.type}`);
    for (const each of body.attributes) {
      if (each.name === 'providers') continue;
      const meta = metaArguments.module.has(each.name);
      const tree = await this.expression(each, meta ? nowhere : scope);
      if (meta || called === undefined) continue;
      const variable = called.variables.get(each.name);
      if (variable === undefined) this.report(each.at, `Module ${name} has no variable ${each.name}`);
      else
        for (const problem of await unfit(tree, variable.type, each.name, this.names))
          this.report(each.at, problem);
    }
    for (const [variable, { required }] of called?.variables ?? []) {
      if (required && attribute(body, variable) === undefined) {
        this.report(at, `Module ${name} needs ${variable}, which has no default`);
      }
    }
  }

  /** Which of `each` and `count` there are. */
  private async manyOf(body: Body): Promise<ReadonlyMap<string, Type>> {
    const over = attribute(body, 'for_each');
    const names = new Map<string, Type>();
    if (over !== undefined) names.set('each', await this.elementsOf(over, nowhere));
    if (attribute(body, 'count') !== undefined) names.set('count', anything);
    return names;
  }

  /** The type of what is gone through, if that is a variable, or something of one. */
  private async elementsOf(over: Attribute, scope: Scope): Promise<Type> {
    const { type, meta } = await this.parsed(over);
    if (type !== 'scopeTraversal') return anything;
    const [root, second, ...rest] = meta.traversal ?? [];
    let found: Type | undefined =
      root?.segment === 'var'
        ? this.own.variables.get(second?.segment ?? '')?.type
        : scope.names.get(root?.segment ?? '');
    for (const { segment } of rest) {
      found = found?.is === 'object' ? found.attributes.get(segment)?.type : undefined;
    }
    return found?.is === 'list' || found?.is === 'map' ? found.of : anything;
  }

  private onlyArguments(
    body: Body,
    allowed: ReadonlySet<string>,
    what: string,
    blocks: ReadonlySet<string>,
  ): void {
    for (const { name, at } of body.attributes) {
      if (!allowed.has(name)) this.report(at, `${what} has no argument ${name}`);
    }
    for (const { type, at } of body.blocks) {
      if (!blocks.has(type)) this.report(at, `${what} has no block ${type}`);
    }
  }

  private async expressions(body: Body, scope: Scope): Promise<void> {
    for (const each of body.attributes) if (each.name !== 'type') await this.expression(each, scope);
    for (const { body: inner } of body.blocks) await this.expressions(inner, scope);
  }

  private async expression(each: Attribute, scope: Scope): Promise<Expression> {
    const tree = await this.parsed(each);
    this.found(each.at, tree, scope);
    return tree;
  }

  private async parsed({ expression, at }: Attribute): Promise<Expression> {
    try {
      return await parseExpression(expression);
    } catch (failure) {
      throw new Error(`${at}: this is no expression: ${expression}`, { cause: failure });
    }
  }

  private found(at: string, tree: Expression, scope: Scope): void {
    const { references, functions: called }: Found = findIn(tree);
    for (const name of called) {
      if (!functions.has(name)) this.report(at, `There is no function ${name}`);
    }
    for (const reference of references) this.reference(at, reference, scope);
  }

  private reference(at: string, { parts }: Reference, scope: Scope): void {
    this.references += 1;
    const [root, second, third] = parts.map(({ segment }) => segment);
    const values = scope.names.get(root ?? '');
    if (root === undefined || root === 'self') return;
    if (values !== undefined) {
      const allowed = root === 'count' ? ['index'] : ['key', 'value'];
      if (!allowed.includes(second ?? '')) this.report(at, `There is no ${root}.${second ?? ''}`);
      if (second === 'value') this.way(at, `${root}.value`, values, parts.slice(2));
    } else if (root === 'each' || root === 'count') {
      this.report(at, `${root} is known where there is ${root === 'each' ? 'for_each' : 'count'} only`);
    } else if (localNames[root] !== undefined) {
      if (!localNames[root].includes(second ?? '')) this.report(at, `There is no ${root}.${second ?? ''}`);
    } else if (root === 'var' || root === 'local') {
      const name = `${root}.${second ?? ''}`;
      if (!this.exists(at, name)) return;
      const type = root === 'var' ? this.own.variables.get(second ?? '')?.type : undefined;
      if (type !== undefined) this.way(at, name, type, parts.slice(2));
    } else if (root === 'module') {
      const name = `module.${second ?? ''}`;
      const call = this.exists(at, name);
      if (call === undefined || !('body' in call)) return;
      const output = this.instance(at, name, call.body, parts.slice(2));
      const outputs = this.interfaces.get(second ?? '')?.outputs;
      if (output !== undefined && outputs !== undefined && !outputs.has(output)) {
        this.report(at, `${name} has no output ${output}`);
      }
    } else {
      const data = root === 'data';
      const [type = '', label = ''] = data ? [second, third] : [root, second];
      const name = `${data ? 'data.' : ''}${type}.${label}`;
      const block = this.exists(at, name);
      if (block === undefined || !('body' in block)) return;
      const wanted = this.instance(at, name, block.body, parts.slice(data ? 3 : 2));
      const schema = this.knowledge.schema?.(data ? 'data' : 'resource', type);
      if (wanted !== undefined && schema !== undefined && !has(schema, wanted)) {
        this.report(at, `${name} has no attribute ${wanted}`);
      }
    }
  }

  private exists(at: string, name: string): Block | Attribute | undefined {
    this.used.add(name);
    const found = this.declared.get(name);
    if (found === undefined) this.report(at, `There is no ${name}`);
    return found;
  }

  /** The attribute of one instance that is wanted; of many, one must have been chosen. */
  private instance(at: string, name: string, body: Body, parts: readonly Part[]): string | undefined {
    const many = ['for_each', 'count'].some((name) => attribute(body, name) !== undefined);
    const [first] = parts;
    if (first === undefined) return undefined;
    if (first.type === 'indexTraversal') {
      // A splat makes a list of the one that is there, or is not.
      if (!many && first.segment !== '') this.report(at, `There is one ${name} only`);
      return parts[1]?.type === 'nameTraversal' ? parts[1].segment : undefined;
    }
    if (many) this.report(at, `There may be many ${name}: choose one before .${first.segment}`);
    return first.segment;
  }

  private way(at: string, name: string, type: Type, parts: readonly Part[]): void {
    const [next, ...rest] = parts;
    if (next === undefined) return;
    if (type.is === 'object' && next.type === 'nameTraversal') {
      const found = type.attributes.get(next.segment);
      if (found === undefined) this.report(at, `${name} has no attribute ${next.segment}`);
      else this.way(at, `${name}.${next.segment}`, found.type, rest);
    } else if (type.is === 'list' || type.is === 'map') {
      if (type.is === 'list' && next.type === 'nameTraversal') {
        this.report(at, `${name} is a list, and has no attribute ${next.segment}`);
      } else this.way(at, `${name}[…]`, type.of, rest);
    } else if (type.is !== 'any' && type.is !== 'object' && type.is !== 'tuple' && next.segment !== '') {
      this.report(at, `${name} is a ${type.is}, and has no attribute ${next.segment}`);
    }
  }

  private readonly names: Names = {
    local: (name) => {
      const found = this.declared.get(`local.${name}`);
      return found !== undefined && 'expression' in found ? found.expression : undefined;
    },
    variable: (name) => this.own.variables.get(name)?.type,
  };

  private report(at: string, problem: string): void {
    this.problems.push(`${at}: ${problem}.`);
  }
}

const has = ({ attributes, blocks }: BlockSchema, name: string): boolean =>
  attributes.has(name) || blocks.has(name);
