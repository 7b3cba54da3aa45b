import { readEnvironment } from './environment.ts';
import { ConnectorFailure, toDoneError } from './failure.ts';
import { Input } from './input.ts';
import { Output } from './output.ts';
import { Session } from './session.ts';
import { parseStart } from './start.ts';

/** How long a connector waits for the end of stdin after DONE; the runtime allows 30 s. */
const endOfInputMs = 20_000;

export interface ConnectorOptions {
  /** Bindings without which the connector cannot work; START must have them. */
  readonly requires?: readonly string[];
}

/**
 * The main function of a connector: reads START, runs `collect`, ends with DONE and the exit code that goes with it.
 *
 * | what happens | DONE | exit |
 * | --- | --- | --- |
 * | `collect` returns | succeeded | 0 |
 * | `collect` throws `ConnectorFailure` | failed, with its code, hint and `retryable` | 1 |
 * | `collect` throws anything else | failed, `connector_fault`; the stack goes to stderr | 1 |
 * | SIGTERM | none | by that signal, at once |
 * | a second line on stdin; nobody reads stdout | none | 2 |
 */
export async function runConnector(collect: (session: Session) => Promise<void>, options: ConnectorOptions = {}): Promise<void> {
  const output = new Output(1, () => process.exit(2));
  const input = new Input(process.stdin, () => process.exit(2));
  const signal = abortOnTerminate();
  let session: Session | undefined;
  let failure: unknown;
  try {
    const line = await input.firstLine();
    if (line === undefined) throw new ConnectorFailure({ code: 'start_missing', message: 'stdin ended before a START message' });
    const start = parseStart(line, options.requires ?? []);
    session = new Session(start, readEnvironment(process.env), output, signal);
    await collect(session);
  } catch (error) {
    failure = error;
  }
  await finish(output, session?.recordsEmitted ?? 0, failure);
  await input.end(endOfInputMs);
  // Explicit: an idle keep-alive connection or an open pipe must not hold a finished connector.
  process.exit(failure === undefined ? 0 : 1);
}

/** What was written is waited for once, at the end. */
async function finish(output: Output, recordsEmitted: number, failure: unknown): Promise<void> {
  if (failure === undefined) {
    void output.line(JSON.stringify({ type: 'DONE', status: 'succeeded', records_emitted: recordsEmitted }));
  } else {
    if (!(failure instanceof ConnectorFailure)) console.error(failure);
    else if (failure.cause instanceof Error) console.error(failure.cause.message);
    void output.line(JSON.stringify({ type: 'DONE', status: 'failed', records_emitted: recordsEmitted, error: toDoneError(failure) }));
  }
  await output.drained();
}

/** Ends the process by SIGTERM itself, so that the runtime sees which signal it was, after children and requests were told to stop. */
function abortOnTerminate(): AbortSignal {
  const controller = new AbortController();
  process.once('SIGTERM', () => {
    controller.abort();
    process.kill(process.pid, 'SIGTERM');
  });
  return controller.signal;
}
