import { Fault } from '../../../platform/errors.ts';
import { apiError } from '../../apis/errors.ts';
import type { DocumentResult } from '../../apis/intake.ts';
import { appliedDocument } from '../../gateway/answers/apply-answer.ts';

const notTaken: ReadonlySet<DocumentResult['outcome']> = new Set(['refused', 'conflict', 'stale', 'removing']);
/** Reasons that a single document answers with itself; the status of the HTTP answer follows from it. */
const ownReasons: ReadonlySet<string> = new Set(['SourceConflict', 'ResourceVersionConflict', 'DeletionInProgress']);

/**
 * Answers the results when every document was taken. Else throws: for a single document in conflict its own reason, otherwise
 * `DocumentsRefused` with the findings and what became of each document.
 */
export function requireTaken(results: readonly DocumentResult[]): readonly DocumentResult[] {
  const failed = results.filter(({ outcome }) => notTaken.has(outcome));
  const [only] = failed;
  if (only === undefined) return results;
  if (results.length === 1 && only.reason !== undefined && ownReasons.has(only.reason)) throw conflict(only);
  const fault = apiError('DocumentsRefused', { refused: failed.length, total: results.length });
  fault.details['findings'] = failed.flatMap(({ findings }) => findings);
  fault.details['results'] = results.map(appliedDocument);
  throw fault;
}

function conflict({ namespace, name, reason = 'SourceConflict', message = '', hint }: DocumentResult): Fault {
  return new Fault({
    reason,
    message,
    ...(hint === undefined ? {} : { hint }),
    disposition: { kind: 'stall' },
    details: { kind: 'Connector', namespace, name },
  });
}
