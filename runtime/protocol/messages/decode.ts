import type { ProtocolLimits } from '../limits.ts';
import type { CompiledScope } from '../scope/compile-scope.ts';
import { ProtocolViolation } from '../violation.ts';
import type { Envelope } from '../wire/envelope.ts';
import { readDone } from './done.ts';
import type { ConnectorMessage } from './message.ts';
import { readProgress } from './progress.ts';
import { RecordReader } from './record.ts';
import { searchableSecrets } from './secret-in-state.ts';
import { readSkipResult } from './skip-result.ts';
import { readState } from './state.ts';

/** What messages are checked against. */
export interface DecodeContext {
  readonly scope: CompiledScope;
  readonly limits: ProtocolLimits;
  /** Decoded values of the run's sensitive credentials; kept in memory for the life of the decoder only. */
  readonly sensitiveValues: readonly string[];
}

/** Turns an opened line into a checked message. Throws `ProtocolViolation` with the subtype that its type's rules give. */
export function messageDecoder(context: DecodeContext): (envelope: Envelope) => ConnectorMessage {
  const { scope, limits } = context;
  const secrets = searchableSecrets(context.sensitiveValues);
  const records = new RecordReader(scope, limits);
  return (envelope) => {
    switch (envelope.type) {
      case 'RECORD':
        return records.read(envelope);
      case 'STATE':
        return readState(envelope, scope, secrets, limits);
      case 'PROGRESS':
        return readProgress(envelope.message, scope);
      case 'SKIP_RESULT':
        return readSkipResult(envelope.message, scope);
      case 'DONE':
        return readDone(envelope.message);
      default:
        throw refused(envelope.type);
    }
  };
}

/** Types of the profile that this runtime does not offer are told apart from words that it never heard of. */
function refused(type: string): ProtocolViolation {
  if (type === 'INTERACTION') return new ProtocolViolation({ subtype: 'interaction_not_available', message_type: type });
  if (type === 'DETAIL_COVERAGE' || type === 'DETAIL_GAP') {
    return new ProtocolViolation({ subtype: 'detail_not_available', message_type: type });
  }
  const expected = ['RECORD', 'STATE', 'PROGRESS', 'SKIP_RESULT', 'DONE'];
  return new ProtocolViolation({ subtype: 'unknown_message_type', message_type: type === '' ? null : type, expected });
}
