import { ConnectorFailure } from '../../sdk/failure.ts';

/** Attempts within one run. Without any answer fewer: each may have cost the whole timeout, and the runtime tries again later. */
const maxAttempts = { answered: 5, unanswered: 3 };
/** Longer waits are left to the runtime: the run ends as retryable instead of holding its place. */
const maxWaitMs = 60_000;
const retryableStatuses = [408, 425, 429, 500, 502, 503, 504];

export interface RetryQuestion {
  /** Counts from 1. */
  readonly attempt: number;
  readonly failure: ConnectorFailure;
  /** The header as it came: seconds, or an HTTP date. */
  readonly retryAfter: string | null;
  readonly nowMs: number;
}

/** How long to wait before asking again, in milliseconds; undefined to give up. Pure. Without Retry-After 1, 2, 4, 8 seconds. */
export function decideRetry({ attempt, failure, retryAfter, nowMs }: RetryQuestion): number | undefined {
  const limit = failure.code === 'server_unreachable' ? maxAttempts.unanswered : maxAttempts.answered;
  if (!failure.retryable || attempt >= limit) return undefined;
  const asked = retryAfter === null ? undefined : retryAfterMs(retryAfter, nowMs);
  if (asked === undefined) return 1000 * 2 ** (attempt - 1);
  return asked > maxWaitMs ? undefined : asked;
}

/** The failure that a status means. Never holds the query, which may hold more than it should. */
export function responseFailure(url: URL, status: number): ConnectorFailure {
  const where = `${url.host}${url.pathname}`;
  if (status === 401 || status === 403) {
    const message = `${where} refuses access (${status}): the token is missing, wrong, expired or allows too little`;
    return new ConnectorFailure({ code: 'access_refused', message, recoveryHint: 'refresh_credentials' });
  }
  if (retryableStatuses.includes(status)) {
    const message = `${where} is busy or broken (${status}), also after asking again`;
    return new ConnectorFailure({ code: status === 429 ? 'rate_limited' : `http_${status}`, message, retryable: true });
  }
  return new ConnectorFailure({ code: `http_${status}`, message: `${where} answers ${status}`, recoveryHint: 'manual_action_required' });
}

function retryAfterMs(header: string, nowMs: number): number | undefined {
  if (/^\s*\d+\s*$/.test(header)) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}
