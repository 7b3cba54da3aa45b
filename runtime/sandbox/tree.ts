import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';

/** How the connector's own process ended. */
export interface ProcessEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A started process tree, whatever form it was started in. */
export interface ProcessTree {
  /** With it the whole tree goes. */
  rootPid: number;
  stdin: Writable;
  stdout: Readable;
  stderr: Readable;
  ended: Promise<ProcessEnd>;
  /** The process that SIGTERM is for; undefined when it is gone. */
  connectorPid(): number | undefined;
  /** Kills everything and resolves when it is gone. Gives the number of processes that were still there besides the connector's own. */
  killAll(): Promise<number>;
}

/** What every form needs to start a tree. */
export interface TreeSpec {
  /** The run's private folder, by which its processes are known. */
  workFolder: string;
  /** Program, already found, and its arguments. */
  command: readonly string[];
  environment: Readonly<Record<string, string>>;
  uid: number | undefined;
  /** Script and arguments of the first step: limits and control groups (`enterScript`). */
  enter: readonly string[];
  /** Processes of the run's control group; undefined without one. */
  groupPids: (() => number[]) | undefined;
}

/** Reads an exit status as shells tell it: 128 and a number is death by that signal. */
export function endOfStatus(status: number): ProcessEnd {
  const signal = Object.entries(constants.signals).find(([, number]) => number === status - 128)?.[0];
  return signal === undefined ? { code: status, signal: null } : { code: null, signal: signal as NodeJS.Signals };
}
