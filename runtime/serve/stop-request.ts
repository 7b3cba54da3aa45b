import { fstatSync } from 'node:fs';

/** A wish that this process stops in order. */
export interface StopRequest {
  /** Resolves with the first wish; those that follow force nothing, since terminals and supervisors tend to send several. */
  readonly requested: Promise<string>;
  /** Lets go of stdin and the signals, so that the process can end. */
  release(): void;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Listens for SIGINT, SIGTERM, SIGHUP and, where stdin is a pipe, for its end: a supervisor that dies, however it dies, closes it. A
 * terminal, a file or /dev/null says nothing by its end.
 */
export function stopRequest(): StopRequest {
  const { promise: requested, resolve } = Promise.withResolvers<string>();
  for (const signal of SIGNALS) process.on(signal, resolve);
  const ended = (): void => resolve('end of stdin');
  const piped = isPipe();
  if (piped) process.stdin.on('end', ended).on('error', ended).on('close', ended).resume();
  return {
    requested,
    release() {
      for (const signal of SIGNALS) process.off(signal, resolve);
      if (piped) process.stdin.destroy();
    },
  };
}

function isPipe(): boolean {
  const stdin = fstatSync(0);
  return stdin.isFIFO() || stdin.isSocket();
}
