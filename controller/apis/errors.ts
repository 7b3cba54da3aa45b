import { type Disposition, Fault } from '../../platform/errors.ts';

/** One error of the control plane: its template (`{name}` is filled in), what the loop must do, what HTTP answers. */
interface ErrorEntry {
  readonly message: string;
  readonly hint: string;
  readonly disposition: Disposition['kind'];
  readonly http: number;
}

/** Every reason that the control plane itself raises. Finding reasons and run reasons have tables of their own. */
export const apiErrors = {
  DocumentsRefused: {
    message: '{refused} of {total} documents were refused and not stored; the others were taken',
    hint: 'Correct what the findings name and apply again; documents that were taken stay as they are.',
    disposition: 'stall',
    http: 422,
  },
  SourceConflict: {
    message: '{kind} {namespace}/{name} belongs to {owner}, which was recorded first',
    hint: 'Change it there, or let that source go with `connectorctl source release`.',
    disposition: 'stall',
    http: 409,
  },
  ResourceVersionConflict: {
    message: '{namespace}/{name} is at resourceVersion {actual}, not {given}',
    hint: 'Read it again, apply your change to that, or leave resourceVersion out.',
    disposition: 'stall',
    http: 409,
  },
  DeletionInProgress: {
    message: '{namespace}/{name} is being removed',
    hint: 'Apply again when it is gone.',
    disposition: 'stall',
    http: 409,
  },
  SourceLeaseLost: {
    message: 'another process holds the source {source} by now; nothing was written',
    hint: 'Nothing to do: that process lists the source.',
    disposition: 'stall',
    http: 409,
  },
  NotFound: {
    message: 'there is no {kind} {name}',
    hint: 'See what there is with `connectorctl get connectors`.',
    disposition: 'stall',
    http: 404,
  },
  ConnectorKeyRequired: {
    message: '«{given}» is a URL; a connector_key, the short canonical key of a type, is needed',
    hint: 'Write the connector_key, such as gmail; see `connectorctl types`.',
    disposition: 'stall',
    http: 400,
  },
  RequestTooLarge: {
    message: 'the request is larger than the server takes',
    hint: 'Send fewer documents at a time.',
    disposition: 'stall',
    http: 413,
  },
  RequestInvalid: { message: '{problem}', hint: 'See /openapi.json for what is taken.', disposition: 'stall', http: 400 },
  Unauthenticated: {
    message: 'the request carries no valid token',
    hint: 'Send `Authorization: Bearer` with the token of client.json.',
    disposition: 'stall',
    http: 401,
  },
  Forbidden: {
    message: 'this token may not {action}',
    hint: 'Use a token of the owner, or have the operator issue one.',
    disposition: 'stall',
    http: 403,
  },
  IdempotencyKeyReused: {
    message: 'this idempotency key was used for another request',
    hint: 'Use a new key for a new request.',
    disposition: 'stall',
    http: 409,
  },
  IdempotencyInFlight: {
    message: 'the first request with this idempotency key is still under way',
    hint: 'Ask again with the same key in a moment.',
    disposition: 'retry',
    http: 409,
  },
  run_already_active: {
    message: 'run {run_id} of {namespace}/{name} is still active',
    hint: 'Wait for it or cancel it.',
    disposition: 'stall',
    http: 409,
  },
  RunRefused: {
    message: '{namespace}/{name} cannot run: {why}',
    hint: 'See its conditions with `connectorctl describe`.',
    disposition: 'stall',
    http: 409,
  },
  RunFinished: {
    message: 'run {run_id} is over, it is {state}',
    hint: 'There is nothing to cancel.',
    disposition: 'stall',
    http: 409,
  },
  CancelTooLate: {
    message: 'run {run_id} is committing its checkpoints, which is too late to cancel',
    hint: 'It ends in a moment; see its result with `connectorctl runs`.',
    disposition: 'stall',
    http: 409,
  },
  NotDeadLettered: {
    message: 'run {run_id} is not among the dead letters',
    hint: 'It was replayed already, or did not fail for good. Start a new run with `connectorctl run`.',
    disposition: 'stall',
    http: 409,
  },
  LeaseBusy: {
    message: 'the lease of a run is locked by another session',
    hint: 'Nothing to do: the sessions of the lost runtime are ended and the lease is tried again.',
    disposition: 'retry',
    http: 503,
  },
  RevisionUnknown: {
    message: '{namespace}/{name} never had revision {revision}',
    hint: 'See its revisions with `connectorctl describe`.',
    disposition: 'stall',
    http: 404,
  },
  TypeVersionConflict: {
    message: '{key} {version} is registered with other content',
    hint: 'Give the changed type a new version.',
    disposition: 'stall',
    http: 409,
  },
  DatabaseUnavailable: {
    message: 'PostgreSQL cannot be reached',
    hint: 'See /readyz and the log of PostgreSQL.',
    disposition: 'retry',
    http: 503,
  },
  IllegalTransition: {
    message: '{axis} cannot go from {from} to {to}',
    hint: 'The row is looked at again; if this repeats, something else writes to connector_instances.',
    disposition: 'retry',
    http: 409,
  },
} as const satisfies Record<string, ErrorEntry>;
export type ApiErrorReason = keyof typeof apiErrors;

/** A typed failure of the control plane. `values` fill the template and become `details`; they must not hold a secret. */
export function apiError(reason: ApiErrorReason, values: Record<string, unknown> = {}, cause?: unknown): Fault {
  const entry: ErrorEntry = apiErrors[reason];
  return new Fault({
    reason,
    message: fill(entry.message, values),
    hint: entry.hint,
    disposition: entry.disposition === 'retry' ? { kind: 'retry' } : { kind: 'stall' },
    details: values,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The text of a reason with its blanks filled, for results that are not thrown. */
export function apiErrorMessage(reason: ApiErrorReason, values: Record<string, unknown>): string {
  return fill(apiErrors[reason].message, values);
}

/** HTTP status of a typed failure; 500 for one that the table does not know. */
export function httpStatusOf(fault: Fault): number {
  return Object.hasOwn(apiErrors, fault.reason) ? apiErrors[fault.reason as ApiErrorReason].http : 500;
}

function fill(template: string, values: Record<string, unknown>): string {
  return template.replaceAll(/\{(\w+)\}/g, (blank, name: string) => {
    const value = values[name] ?? blank;
    return typeof value === 'string' ? value : JSON.stringify(value);
  });
}
