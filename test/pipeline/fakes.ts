import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a run of a script has come to, and what it has called. */
export interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly called: readonly string[];
}

/** A folder for a script to work in, with stand-ins for the programs that it calls: they write down how they are called. */
export class Workplace {
  readonly folder = mkdtempSync(join(tmpdir(), 'pipeline-'));
  private readonly calls = join(this.folder, 'calls');

  /** The body is Bash; `$*` is what it is called with, `$FOLDER` this folder. */
  fake(program: string, body = ''): void {
    const file = join(this.folder, 'bin', program);
    mkdirSync(join(this.folder, 'bin'), { recursive: true });
    writeFileSync(file, `#!/usr/bin/env bash\necho "${program} $*" >>"$FOLDER/calls"\n${body}\n`);
    chmodSync(file, 0o755);
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  write(name: string, text: string): void {
    writeFileSync(this.path(name), text);
  }

  run(script: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}): Run {
    this.write('calls', '');
    const { status, stdout, stderr } = spawnSync(`deploy/pipeline/${script}`, args, {
      encoding: 'utf8',
      // One that waits for what never comes.
      timeout: 30_000,
      env: {
        PATH: `${this.path('bin')}:${process.env['PATH'] ?? ''}`,
        HOME: this.folder,
        FOLDER: this.folder,
        REPORTS: this.path('reports'),
        ...environment,
      },
    });
    const called = existsSync(this.calls) ? this.read('calls').split('\n').slice(0, -1) : [];
    const here = (text: string): string => text.replaceAll(this.folder, 'HERE');
    return { status, stdout: here(stdout), stderr: here(stderr), called: called.map(here) };
  }
}
