import { apiError } from '../../apis/errors.ts';
import type { GatewayParts } from '../../gateway/gateway-parts.ts';
import { claimKey, releaseKey, saveResponse } from '../../store/access/idempotency.ts';
import type { Queryable } from '../../store/queryable.ts';

/** Answers are remembered for a day. */
const TTL_MS = 86_400_000;

/** Runs the work of a key once; a repeat of the same request gets the first answer. Work that failed frees the key. */
export function composeIdempotency(db: Queryable): GatewayParts['idempotency'] {
  return {
    async once(request, work) {
      const claim = await claimKey(db, { ...request, ttlMs: TTL_MS });
      if (claim.outcome === 'answered') return claim.response as Awaited<ReturnType<typeof work>>;
      if (claim.outcome === 'reused') throw apiError('IdempotencyKeyReused');
      if (claim.outcome === 'in_flight') throw apiError('IdempotencyInFlight');
      const answer = await work().catch(async (error: unknown) => {
        await releaseKey(db, request.subject, request.key);
        throw error;
      });
      // Should this fail, the key stays in flight: a repeat is refused rather than carried out a second time.
      await saveResponse(db, request.subject, request.key, answer);
      return answer;
    },
  };
}
