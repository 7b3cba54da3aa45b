import { isFault } from '../../platform/errors.ts';
import { sqlStateOf } from '../../platform/postgres/sql-state.ts';
import { isTerminalReason } from '../../schemas/terminal-reasons.ts';
import type { RunFault } from '../protocol/outcome.ts';

/**
 * An error of our own side as the reason with which a run ends. Faults keep their reason, message and hint. Of any other error only its
 * kind is told: its message may quote a record, a statement or a path, and belongs into the runtime's log.
 */
export function ownFault(error: unknown): RunFault {
  if (isFault(error) && isTerminalReason(error.reason)) {
    return { reason: error.reason, message: error.hint === undefined ? error.message : `${error.message} (${error.hint})` };
  }
  const state = sqlStateOf(error);
  const kind = isFault(error) ? error.reason : (systemCode(error) ?? (Error.isError(error) ? error.name : typeof error));
  return {
    reason: 'InternalError',
    message: `the runtime met a fault of its own: ${kind}${state === undefined ? '' : `, SQLSTATE ${state}`}`,
  };
}

/** Code of a failed system call, such as ENOSPC; undefined for any other error. */
function systemCode(error: unknown): string | undefined {
  const code = Error.isError(error) ? (error as NodeJS.ErrnoException).code : undefined;
  return code !== undefined && /^E[A-Z0-9]+$/.test(code) ? code : undefined;
}
