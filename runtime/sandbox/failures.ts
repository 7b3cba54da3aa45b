import { Fault } from '../../platform/errors.ts';

/** The connector's program could not be started. `cause` is kept for the log; it holds no secret. */
export function launchFailed(message: string, cause?: unknown): Fault {
  return new Fault({
    reason: 'LaunchFailed',
    message,
    hint: 'check runtime.command of the type, and the limits of this machine',
    disposition: { kind: 'stall' },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The isolation that the probe had found did not work for this run. */
export function sandboxUnavailable(message: string): Fault {
  return new Fault({
    reason: 'SandboxUnavailable',
    message,
    hint: 'restart the runtime to probe the sandbox anew; it tells at start what works here',
    disposition: { kind: 'stall' },
  });
}

/** The connector was killed before it had begun: told, and tried again, as if it had been killed a moment later. */
export function launchKilled(): Fault {
  return new Fault({ reason: 'connector_exit_without_done', message: 'the connector was killed while it was being started' });
}
