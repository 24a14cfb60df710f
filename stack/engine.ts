import { type Command } from './process.ts';

/** A server that the stack runs. */
export interface Engine {
  readonly name: 'kafka' | 'registry' | 'mongodb' | 'eventstore';
  /** What it is, for people. */
  readonly title: string;
  readonly address: string;
  readonly ports: readonly number[];
  /** What a client of the system needs to know. */
  readonly environment: Readonly<Record<string, string>>;
  /** How it is started; downloads it first if it has to. Data goes into the folder, which is there. */
  command(folder: string): Promise<Command>;
  /** What has to be done once it runs, and may be done again. */
  settle?(): Promise<void>;
  /** A real request. Rejects when it is not answered as by an engine that serves. */
  probe(): Promise<void>;
}
