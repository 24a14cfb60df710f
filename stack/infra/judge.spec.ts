import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { judge, type Verdict } from './judge.ts';
import { bindingsIn } from './provider-schema.ts';

/** As generated bindings have it: an argument, a computed attribute, a nested block. */
const bindings = `
function boxLidToHclTerraform(struct) {
    const attrs = {
        colour: {
            value: cdktn.stringToHclTerraform(struct.colour),
            isBlock: false,
            type: "simple",
            storageClassType: "string",
        },
    };
}
class BoxLidOutputReference extends cdktn.ComplexObject {
    // colour - computed: false, optional: false, required: true
}
class Box extends cdktn.TerraformResource {
    // arn - computed: true, optional: false, required: false
    // size - computed: false, optional: false, required: true
    // tags - computed: false, optional: true, required: false
    // lid - computed: false, optional: true, required: false
    synthesizeHclAttributes() {
        const attrs = {
            size: {
                value: cdktn.numberToHclTerraform(this._size),
                isBlock: false,
                type: "simple",
                storageClassType: "number",
            },
            tags: {
                value: cdktn.hashMapperHcl(cdktn.stringToHclTerraform)(this._tags),
                isBlock: false,
                type: "map",
                storageClassType: "stringMap",
            },
            lid: {
                value: boxLidToHclTerraform(this._lid.internalValue),
                isBlock: true,
                type: "list",
                storageClassType: "BoxLidList",
            },
        };
    }
}
`;

const recorded = {
  'owner/shelf/aws@1.0.0': {
    variables: {
      boards: { type: 'map(object({ length = number, note = optional(string, "none") }))', required: true },
      name: { type: 'string', required: false },
    },
    outputs: ['arn'],
  },
};

const right = `
variable "sizes" {
  description = "Sizes, by name."
  type        = map(number)
}

locals {
  boards = { top = { length = 3 } }
}

resource "aws_box" "this" {
  for_each = var.sizes

  size = each.value
  tags = { Name = each.key }

  lid {
    colour = "red"
  }
}

module "shelf" {
  source  = "owner/shelf/aws"
  version = "1.0.0"

  boards = local.boards
}

output "arns" {
  description = "Everything."
  value       = concat([for box in aws_box.this : box.arn], [module.shelf.arn])
}
`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'judge-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const write = (file: string, text: string): void => {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
};

const judged = (text: string): Promise<Verdict> => {
  write('bindings/box/index.js', bindings);
  write('root/main.tf', text);
  return judge(join(folder, 'root'), '', { schema: bindingsIn(join(folder, 'bindings')), recorded });
};

describe('judge', () => {
  it('lets pass what is right, and says how much it has looked at', async () => {
    expect(await judged(right)).toEqual({
      problems: [],
      checked: { resources: 1, calls: 1, references: 6 },
    });
  });

  it('reads the values of variables', async () => {
    write('root/terraform.tfvars.example', 'size = { small = 1 }\nsizes = { small = "little", large = 3 }\n');
    expect((await judged(right)).problems).toEqual([
      '/terraform.tfvars.example:1: There is no variable size.',
      '/terraform.tfvars.example:2: sizes.small is "little", where a number is expected.',
    ]);
    write('root/terraform.tfvars.example', '# Nothing.\n');
    expect((await judged(right)).problems).toEqual(['/terraform.tfvars.example: sizes is missing.']);
  });

  it.each([
    [
      'a wrong argument',
      '  size = each.value',
      '  sizes = 1',
      ['main.tf:14: aws_box has no argument sizes.', 'main.tf:11: aws_box lacks size, which is required.'],
    ],
    [
      'a missing argument',
      '  size = each.value\n',
      '',
      ['main.tf:11: aws_box lacks size, which is required.'],
    ],
    [
      'a value of another type',
      'each.value',
      '"large"',
      ['main.tf:14: size is "large", where a number is expected.'],
    ],
    [
      'an attribute that the provider sets',
      '  size =',
      '  arn = "x"\n  size =',
      ['main.tf:14: aws_box sets arn itself.'],
    ],
    [
      'a missing argument in a block',
      '    colour = "red"\n',
      '',
      ['main.tf:17: aws_box.lid lacks colour, which is required.'],
    ],
    ['a wrong block', '  lid {', '  lids {', ['main.tf:17: aws_box has no block lids.']],
    [
      'a block in the place of an argument',
      '  tags = {',
      '  tags {',
      ['main.tf:15: tags of aws_box is an argument: write tags = ….'],
    ],
    [
      'a block too many',
      '  lid {',
      '  lid {\n    colour = "blue"\n  }\n\n  lid {',
      ['main.tf:21: aws_box may have one block lid only.'],
    ],
    [
      'an unknown type',
      'resource "aws_box"',
      'resource "aws_bag"',
      ['main.tf:11: The provider has no resource aws_bag.', 'main.tf:31: There is no aws_box.this.'],
    ],
    [
      'a wrong input of a module',
      '  boards = local',
      '  board = local',
      [
        'main.tf:26: Module shelf has no variable board.',
        'main.tf:22: Module shelf needs boards, which has no default.',
      ],
    ],
    [
      'an attribute that a module would drop',
      '{ length = 3 }',
      '{ length = 3, width = 1 }',
      ['main.tf:26: boards = local.boards.top has no attribute width; there are length, note.'],
    ],
    [
      'an attribute that a module needs',
      '{ length = 3 }',
      '{ note = "short" }',
      ['main.tf:26: boards = local.boards.top lacks the attribute length.'],
    ],
    [
      'a variable of another type',
      'boards = local.boards\n',
      'boards = var.sizes\n  name   = var.sizes\n',
      ['main.tf:27: name is a map, where a string is expected.', 'main.tf:8: local.boards is not used.'],
    ],
    [
      'one of many for all of them',
      'tags = { Name = each.key }',
      'tags = var.sizes["large"]',
      ['main.tf:15: tags is a number, where a map is expected.'],
    ],
    [
      'a version that is not exact',
      '"1.0.0"',
      '"~> 1.0"',
      ['main.tf:22: Module shelf must name an exact version of owner/shelf/aws.'],
    ],
    [
      'a version that is not recorded',
      '"1.0.0"',
      '"1.1.0"',
      [
        'main.tf:22: The variables of owner/shelf/aws 1.1.0 are not recorded: terraform init -backend=false, then make infra-record.',
      ],
    ],
    ['a dangling reference', 'aws_box.this :', 'aws_box.that :', ['main.tf:31: There is no aws_box.that.']],
    [
      'an output that is not there',
      'module.shelf.arn',
      'module.shelf.id',
      ['main.tf:31: module.shelf has no output id.'],
    ],
    [
      'one of many without a choice',
      'module.shelf.arn',
      'aws_box.this.arn',
      ['main.tf:31: There may be many aws_box.this: choose one before .arn.'],
    ],
    [
      'an attribute that is not there',
      'module.shelf.arn',
      'aws_box.this["a"].name',
      ['main.tf:31: aws_box.this has no attribute name.'],
    ],
    [
      'a variable that is not there',
      'for_each = var.sizes',
      'for_each = var.size',
      ['main.tf:12: There is no var.size.', 'main.tf:2: var.sizes is not used.'],
    ],
    [
      'each without for_each',
      '  for_each = var.sizes\n\n',
      '',
      [
        'main.tf:12: each is known where there is for_each only.',
        'main.tf:13: each is known where there is for_each only.',
        'main.tf:2: var.sizes is not used.',
      ],
    ],
    [
      'a way into a number',
      'each.value\n',
      'each.value.large\n',
      ['main.tf:14: each.value is a number, and has no attribute large.'],
    ],
    ['an unknown function', 'concat(', 'concatenate(', ['main.tf:31: There is no function concatenate.']],
    ['an unknown block', 'output "arns"', 'outputs "arns"', ['main.tf:29: There is no block outputs.']],
  ])('finds %s', async (_, from, to, problems) => {
    expect(right).toContain(from);
    expect((await judged(right.replace(from, to))).problems).toEqual(problems);
  });

  it('finds what is no HCL, and says where', async () => {
    const { problems } = await judged('resource "aws_box" "this" {\n  size =\n}\n');
    expect(problems).toEqual([expect.stringContaining('main.tf:2,')]);
  });

  it('compares calls of modules in folders with their variables and outputs', async () => {
    write('root/part/variables.tf', 'variable "name" {\n  type = string\n}\n');
    write('root/part/outputs.tf', 'output "id" {\n  value = var.name\n}\n');
    const { problems } = await judged(`
module "part" {
  source = "./part"
  title  = module.part.ids
}
`);
    expect(problems).toEqual([
      'main.tf:4: module.part has no output ids.',
      'main.tf:4: Module part has no variable title.',
      'main.tf:2: Module part needs name, which has no default.',
    ]);
  });
});
