import { apiError } from '../../apis/errors.ts';
import type { GatewayParts } from '../../gateway/gateway-parts.ts';
import { claimKey, releaseKey, saveResponse } from '../../store/access/idempotency.ts';
import type { Queryable } from '../../store/queryable.ts';

/** Answers are remembered for a day. */
const TTL_MS = 86_400_000;

/** Runs the work of a key once; a repeat of the same request gets the first answer. A failure frees the key. */
export function composeIdempotency(db: Queryable): GatewayParts['idempotency'] {
  return {
    async once(request, work) {
      const claim = await claimKey(db, { ...request, ttlMs: TTL_MS });
      if (claim.outcome === 'answered') return claim.response as Awaited<ReturnType<typeof work>>;
      if (claim.outcome === 'reused') throw apiError('IdempotencyKeyReused');
      if (claim.outcome === 'in_flight') throw apiError('IdempotencyInFlight');
      try {
        const answer = await work();
        await saveResponse(db, request.subject, request.key, answer);
        return answer;
      } catch (error) {
        await releaseKey(db, request.subject, request.key);
        throw error;
      }
    },
  };
}
