import type { HandledRequest, RunSummary, SpecRow } from '../../../apis/rows.ts';

/** Annotations that carry request tokens: another token than the handled one is a new request. */
export const REQUEST_ANNOTATIONS = {
  reconcile: 'cynodeai.io/reconcile-requested',
  run: 'cynodeai.io/run-requested',
  cancel: 'cynodeai.io/cancel-requested',
} as const;
export type RequestKind = keyof typeof REQUEST_ANNOTATIONS;

/** What new tokens ask for. */
export interface Requests {
  readonly startRun: boolean;
  readonly cancelRun: RunSummary | null;
  readonly handled: Record<string, HandledRequest>;
}

/**
 * Tokens that an object brings along when it is first seen: recorded, not carried out, since a restored cluster or a cloned folder must
 * not start runs.
 */
export function firstSeenRequests(annotations: Record<string, string>): Record<string, HandledRequest> {
  const handled: Record<string, HandledRequest> = {};
  for (const [kind, annotation] of Object.entries(REQUEST_ANNOTATIONS)) {
    const token = annotations[annotation];
    if (token !== undefined) handled[kind] = { token, result: 'recorded' };
  }
  return handled;
}

/** New tokens of an object, and those whose carrying out was not confirmed; `blocked` names why no run can start. */
export function decideRequests(spec: SpecRow, activeRun: RunSummary | null, blocked: string | null): Requests {
  const [reconcile, run, cancel] = [newToken(spec, 'reconcile'), newToken(spec, 'run'), newToken(spec, 'cancel')];
  if (reconcile === undefined && run === undefined && cancel === undefined) {
    return { startRun: false, cancelRun: null, handled: spec.handledRequests };
  }
  const handled = { ...spec.handledRequests };
  if (reconcile !== undefined) handled['reconcile'] = { token: reconcile, result: 'carried_out' };
  if (run !== undefined) handled['run'] = { token: run, result: blocked ?? 'pending' };
  if (cancel !== undefined) handled['cancel'] = { token: cancel, result: activeRun === null ? 'NotFound' : 'pending' };
  return { startRun: run !== undefined && blocked === null, cancelRun: cancel === undefined ? null : activeRun, handled };
}

function newToken(spec: SpecRow, kind: RequestKind): string | undefined {
  const token = spec.annotations[REQUEST_ANNOTATIONS[kind]];
  const handled = spec.handledRequests[kind];
  return token === undefined || (handled?.token === token && handled.result !== 'pending') ? undefined : token;
}
