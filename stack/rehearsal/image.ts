import { cpSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, matchesGlob, resolve } from 'node:path';
import { Copy, DockerfileParser, Env, From, type Instruction, Run, Workdir } from 'dockerfile-ast';
import { z } from 'zod';
import { execute } from '../downloads.ts';

/** What a Dockerfile puts into its image, as a folder on this machine. */
export interface Image {
  readonly root: string;
  /** Where in it the program starts. */
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly command: readonly string[];
}

/** Said about the image, or about how it is run by Docker: no content. */
const withoutContent = new Set(['LABEL', 'USER', 'EXPOSE', 'STOPSIGNAL', 'HEALTHCHECK', 'SHELL']);
/** A container's own users have no part in this machine's. */
const makesUsers = /\b(groupadd|useradd|adduser)\b/;

/**
 * Follows the Dockerfile of the source, instruction by instruction: a stage is a folder, RUN is run in it. What has no counterpart here
 * (users, absolute paths outside of the working directory) is told to the reporter.
 * @throws Error an instruction that is not known here, or one that failed
 */
export const buildImage = async (
  source: string,
  folder: string,
  report: (line: string) => void,
): Promise<Image> => {
  const isIgnored = readIgnored(join(source, '.dockerignore'));
  const stages = new Map<string, Stage>();
  let stage: Stage | undefined;
  for (const instruction of DockerfileParser.parse(
    readFileSync(join(source, 'Dockerfile'), 'utf8'),
  ).getInstructions()) {
    if (instruction instanceof From) {
      const name = instruction.getBuildStage() ?? 'image';
      stage = await Stage.from(
        stages.get(instruction.getImage() ?? ''),
        instruction.getImage(),
        join(folder, name),
      );
      stages.set(name, stage);
      continue;
    }
    if (stage === undefined) throw notKnown(instruction, 'before the first FROM');
    if (instruction instanceof Workdir) stage.enter(instruction.getPath() ?? '/');
    else if (instruction instanceof Copy) copy(instruction, stage, stages, source, isIgnored);
    else if (instruction instanceof Env) {
      for (const property of instruction.getProperties())
        stage.environment[property.getName()] = property.getValue() ?? '';
    } else if (instruction instanceof Run) {
      const line = instruction.getArgumentsContent() ?? '';
      if (makesUsers.test(line)) report(`Left out, as it concerns a container's own users: RUN ${line}`);
      else await stage.run(line);
    } else if (instruction.getKeyword() === 'CMD') {
      stage.command = z
        .array(z.string())
        .min(1)
        .parse(JSON.parse(instruction.getArgumentsContent() ?? ''));
    } else if (!withoutContent.has(instruction.getKeyword()))
      throw notKnown(instruction, 'in this rehearsal');
  }
  if (stage === undefined) throw new Error(`${source}/Dockerfile has no stage.`);
  return stage;
};

class Stage implements Image {
  command: readonly string[] = [];
  directory = '/';

  readonly root: string;
  readonly environment: Record<string, string>;

  private constructor(root: string, environment: Record<string, string>) {
    this.root = root;
    this.environment = environment;
  }

  /** On another stage, or on an image from elsewhere, of which there is only its Node: it has to be the one that runs this. */
  static async from(base: Stage | undefined, image: string | null, root: string): Promise<Stage> {
    mkdirSync(root, { recursive: true });
    if (base === undefined) {
      if (!image?.startsWith(`node:${process.versions.node}`)) {
        throw new Error(
          `The Dockerfile is built on ${String(image)}, and Node here is ${process.versions.node}.`,
        );
      }
      return new Stage(root, {});
    }
    await execute('cp', ['-a', `${base.root}/.`, root]);
    const stage = new Stage(root, { ...base.environment });
    stage.directory = base.directory;
    stage.command = base.command;
    return stage;
  }

  enter(path: string): void {
    this.directory = resolve(this.directory, path);
    mkdirSync(join(this.root, this.directory), { recursive: true });
  }

  run(line: string): Promise<void> {
    const environment = Object.entries(this.environment).map(([name, value]) => `${name}=${value}`);
    return execute('env', [
      ...['-C', join(this.root, this.directory)],
      ...environment,
      ...['/bin/sh', '-c', line],
    ]);
  }

  /** A path in the image, on this machine. */
  at(path: string): string {
    return join(this.root, resolve(this.directory, path));
  }
}

const copy = (
  instruction: Copy,
  stage: Stage,
  stages: ReadonlyMap<string, Stage>,
  source: string,
  isIgnored: (path: string) => boolean,
): void => {
  const paths = instruction.getArguments().map((argument) => argument.getValue());
  const target = paths.pop() ?? '.';
  const from = instruction
    .getFlags()
    .find((flag) => flag.getName() === 'from')
    ?.getValue();
  const other = from === undefined || from === null ? undefined : stages.get(from);
  if (from !== undefined && other === undefined) throw notKnown(instruction, 'here: there is no such stage');
  for (const path of paths) {
    const found = other?.at(path) ?? join(source, path);
    if (!existsSync(found) || (other === undefined && isIgnored(path))) {
      throw new Error(`COPY ${path}: it is not there, or .dockerignore keeps it away.`);
    }
    // A folder's content goes into the target, a file into the folder that a slash or several sources make of it.
    const isInto = !statSync(found).isDirectory() && (target.endsWith('/') || paths.length > 1);
    cpSync(found, join(stage.at(target), isInto ? basename(path) : ''), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (each) => other !== undefined || !isIgnored(each.slice(source.length + 1)),
    });
  }
};

/** As Docker reads it: the last pattern that fits the path, or a folder that it is in, decides. */
const readIgnored = (file: string): ((path: string) => boolean) => {
  const patterns = (existsSync(file) ? readFileSync(file, 'utf8') : '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({ pattern: line.replace(/^!/, ''), isIgnored: !line.startsWith('!') }));
  return (path) => {
    const parts = path.split('/');
    const itself = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
    return (
      patterns.findLast(({ pattern }) => itself.some((each) => matchesGlob(each, pattern)))?.isIgnored ??
      false
    );
  };
};

const notKnown = (instruction: Instruction, where: string): Error =>
  new Error(
    `The Dockerfile's line ${instruction.getRange().start.line + 1}, ${instruction.getKeyword()}, is not known ${where}.`,
  );
