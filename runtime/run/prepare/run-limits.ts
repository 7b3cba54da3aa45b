import { parseQuantity } from '../../../schemas/fields/quantity.ts';
import type { RunAssignment } from '../../apis/run.ts';
import type { SandboxLimits } from '../../apis/sandbox.ts';

/** Patience and bounds of one run's process (protocol A5), in milliseconds. */
export interface RunTimings {
  /** START must be taken from the pipe within this time. */
  readonly startMs: number;
  /** After DONE, for the exit. */
  readonly exitMs: number;
  /** After the exit, for the end of stdout. */
  readonly stdoutHeldMs: number;
  /** After the end of stdout without DONE, for the exit. */
  readonly stdoutClosedMs: number;
  /** Between SIGTERM and SIGKILL. */
  readonly graceMs: number;
  /** Same, when the runtime itself is being stopped. */
  readonly handoverGraceMs: number;
  /** After the end of connector and stdout, for the end of stderr. */
  readonly stderrHeldMs: number;
  /** For the last events of a run that a stop or a fault has ended. */
  readonly settleMs: number;
  /** A changed log is saved at most this often. */
  readonly logMs: number;
}

/** Published defaults. */
export const defaultTimings: RunTimings = {
  startMs: 30_000,
  exitMs: 30_000,
  stdoutHeldMs: 10_000,
  stdoutClosedMs: 5_000,
  graceMs: 10_000,
  handoverGraceMs: 2_000,
  stderrHeldMs: 500,
  settleMs: 5_000,
  logMs: 1_000,
};

/** Bounds that hold where neither the connector nor its type says otherwise. */
const DEFAULT_MEMORY_BYTES = 2 * 2 ** 30;
const DEFAULT_TIMEOUT_SECONDS = 3_600;
const MAX_PIDS = 512;
const MAX_OPEN_FILES = 4_096;
const MAX_FILE_BYTES = 8 * 2 ** 30;

/** Limits of the sandbox: the connector's own, else its type's, else the defaults. */
export function sandboxLimits(run: RunAssignment): SandboxLimits {
  const { cpu, memory } = { ...run.type.runtime.resources, ...run.execution.resources };
  const cpuCores = cpu === undefined ? undefined : parseQuantity(cpu);
  return {
    memoryBytes: Math.floor((memory === undefined ? undefined : parseQuantity(memory)) ?? DEFAULT_MEMORY_BYTES),
    ...(cpuCores === undefined ? {} : { cpuCores }),
    pids: MAX_PIDS,
    openFiles: MAX_OPEN_FILES,
    fileBytes: MAX_FILE_BYTES,
  };
}

/** How long the run may take, in milliseconds. */
export function deadlineMs(run: RunAssignment): number {
  return (run.execution.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS) * 1_000;
}
