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
  const results: Record<RequestKind, string> = {
    reconcile: 'carried_out',
    run: blocked ?? 'pending',
    cancel: activeRun === null ? 'NotFound' : 'pending',
  };
  const fresh = (Object.keys(results) as RequestKind[]).flatMap((kind) => {
    const token = newToken(spec, kind);
    return token === undefined ? [] : [[kind, { token, result: results[kind] }] as const];
  });
  if (fresh.length === 0) return { startRun: false, cancelRun: null, handled: spec.handledRequests };
  const asked = new Set(fresh.map(([kind]) => kind));
  return {
    startRun: asked.has('run') && blocked === null,
    cancelRun: asked.has('cancel') ? activeRun : null,
    handled: { ...spec.handledRequests, ...Object.fromEntries(fresh) },
  };
}

function newToken(spec: SpecRow, kind: RequestKind): string | undefined {
  const token = spec.annotations[REQUEST_ANNOTATIONS[kind]];
  const handled = spec.handledRequests[kind];
  return token === undefined || (handled?.token === token && handled.result !== 'pending') ? undefined : token;
}
