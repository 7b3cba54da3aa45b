import pg from 'pg';
import { Fault } from '../errors.ts';

/** SQLSTATE codes that our code tells apart (PostgreSQL manual, appendix A). */
export const SqlState = {
  uniqueViolation: '23505',
  checkViolation: '23514',
  notNullViolation: '23502',
  serializationFailure: '40001',
  deadlockDetected: '40P01',
  lockNotAvailable: '55P03',
  /** statement_timeout, or a cancel request. */
  queryCanceled: '57014',
  /** Starting up, recovering from a crash, or shutting down. */
  cannotConnectNow: '57P03',
  undefinedPreparedStatement: '26000',
  duplicatePreparedStatement: '42P05',
} as const;

/** The SQLSTATE of an error that the server answered; undefined for any other error. Looks through our own faults to their cause. */
export function sqlStateOf(error: unknown): string | undefined {
  if (error instanceof pg.DatabaseError) return error.code;
  return Error.isError(error) && error.cause !== undefined ? sqlStateOf(error.cause) : undefined;
}

/** True when the server answered with one of these states. */
export function hasSqlState(error: unknown, ...states: string[]): boolean {
  const state = sqlStateOf(error);
  return state !== undefined && states.includes(state);
}

/** True when trying the whole transaction again may succeed without anything else changing. */
export function isContention(error: unknown): boolean {
  return hasSqlState(error, SqlState.serializationFailure, SqlState.deadlockDetected, SqlState.lockNotAvailable);
}

/**
 * Server states that are about the connection or the server, not about the statement: connection exceptions, shutdown and crash of the
 * server or of this session, starting up, too many connections.
 */
const unavailable = /^(08...|57P0[1-5]|53300|53400)$/;

/** Translates what pg throws: a lost or refused connection becomes the fault `DatabaseUnavailable` (retry), all else stays as it is. */
export function translateError(error: unknown): unknown {
  if (error instanceof Fault) return error;
  if (error instanceof pg.DatabaseError && !unavailable.test(error.code ?? '')) return error;
  // Beside the server's own answers pg throws plain errors only for connections: refused, reset, ended, timed out, or used after their end.
  if (!Error.isError(error) || error instanceof TypeError || error instanceof RangeError) return error;
  return new Fault({
    reason: 'DatabaseUnavailable',
    message: 'the database does not answer',
    hint: 'check that PostgreSQL runs and that DATABASE_URL is right; work goes on by itself when it is back',
    disposition: { kind: 'retry' },
    details: { code: (error as { code?: string }).code ?? 'none' },
    cause: error,
  });
}
