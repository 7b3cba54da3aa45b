import type { Readable, Writable } from 'node:stream';

/** How connectors are kept apart from this host, found once at start. */
export interface Isolation {
  /** False: a connector can see what its uid may see; told in start, status and README as `Isolated=False`. */
  readonly isolated: boolean;
  readonly method: 'bubblewrap' | 'process';
  /** Why there is no isolation. */
  readonly reason?: 'BubblewrapMissing' | 'BubblewrapRefused' | 'SwitchedOff';
  readonly message?: string;
  readonly hint?: string;
  /** What enforces limits. `prlimit`: per process only, so memory and the number of processes are not bounded as a whole. */
  readonly limits: 'cgroup2' | 'cgroup1' | 'prlimit';
  /** What is not enforced here: `files`, `own uid`, `memory`, `pids`, `cpu`. */
  readonly missing: readonly string[];
}

/** Limits of one run; what is left out is not limited. */
export interface SandboxLimits {
  /** CPU time of each single process, in seconds. */
  readonly cpuSeconds?: number;
  /** Share of the machine over time, in cores: 0.5 is half a core. */
  readonly cpuCores?: number;
  /** Memory of the whole tree. */
  readonly memoryBytes?: number;
  /** Processes and threads of the whole tree. */
  readonly pids?: number;
  /** Largest single file. */
  readonly fileBytes?: number;
  /** Size of the work folder and of /tmp, each: memory, gone with the run. Left out: folders on disk without a bound. Isolated runs only. */
  readonly workBytes?: number;
  readonly openFiles?: number;
}

/** What to start. */
export interface LaunchSpec {
  /** Of letters, digits, `.`, `_` and `-`; unique on this host, so the attempt belongs to it. */
  readonly runId: string;
  /** Program and arguments; the program is looked for in `PATH`, or relative to `cwd` when it has a slash. */
  readonly command: readonly string[];
  /** Folder of the type document; shown read-only. */
  readonly cwd: string;
  /** Further folders of our own that a bundled program needs, such as the SDK; shown read-only. */
  readonly programPaths?: readonly string[];
  /** What the type's `runtime.paths.read` names, absolute; shown read-only. Absent ones are left out. */
  readonly readPaths: readonly string[];
  /** Called once, right before the start, with the run's private folder: gives the child's whole environment. */
  readonly environment: (workFolder: string) => Readonly<Record<string, string>>;
  readonly limits: SandboxLimits;
}

/** How the connector's own process ended. */
export interface ConnectorExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The kernel killed something of the run for want of memory. */
  readonly oom: boolean;
}

/** What was left to do after the end. */
export interface Disposal {
  /** Processes that were still alive when the connector had ended, and were killed. */
  readonly orphansKilled: number;
  /** SIGTERM was not obeyed within the grace. */
  readonly killEscalated: boolean;
}

/** One started connector with everything that it starts itself. */
export interface SandboxChild {
  /** Process id, on this host, of the root of the tree: with it the whole tree is gone. */
  readonly pid: number;
  /** Errors (`EPIPE` when the connector closed its end) are events of the stream: listen for them. */
  readonly stdin: Writable;
  /** Ends when no process of the tree holds it any more, which may be before or after `exited`. */
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** The connector's own process has ended; descendants may still live and hold stdout. Never rejects. */
  readonly exited: Promise<ConnectorExit>;
  /** SIGTERM to the connector's own process, SIGKILL to the whole tree after the grace. Resolves once the connector has ended. Safe to repeat. */
  terminate(graceMs: number): Promise<void>;
  /** SIGKILL to the whole tree now. Resolves once the connector has ended. */
  kill(): Promise<void>;
  /** Ends what is left, wipes the run's folder, gives limits and uid back. Call it once the streams are done; safe to repeat. */
  dispose(): Promise<Disposal>;
}

/** Starts connectors so that none of their processes outlives its run, whatever dies. */
export interface Sandbox {
  readonly isolation: Isolation;
  /**
   * Resolves when the connector's program is about to be executed. Throws `LaunchFailed` (no such program, folder or rights) or
   * `SandboxUnavailable` (the isolation that the probe had found did not work); then nothing is left behind.
   */
  launch(spec: LaunchSpec): Promise<SandboxChild>;
  /** Kills every run that is left and removes this process's folders. */
  close(): Promise<void>;
}
