import { defaultLimits, type ProtocolLimits } from './limits.ts';
import { messageDecoder } from './messages/decode.ts';
import type { ConnectorMessage, DoneMessage, StateMessage } from './messages/message.ts';
import { STREAM_COLLECTION_FAILED } from './messages/skip-result.ts';
import { nextPhase, type Phase } from './phase.ts';
import type { CompiledScope } from './scope/compile-scope.ts';
import { ProtocolViolation, type Violation } from './violation.ts';
import { openEnvelope } from './wire/envelope.ts';
import type { Line } from './wire/framing.ts';

/** What the executor does about one line. Nothing else has happened yet when it gets this. */
export type SessionEffect = ConnectorMessage | { readonly kind: 'violation'; readonly violation: Violation };

/** How a session is set up. */
export interface SessionInit {
  readonly scope: CompiledScope;
  /** Values of the run's sensitive credentials: a cursor must not contain one. */
  readonly sensitiveValues?: readonly string[];
  readonly limits?: ProtocolLimits;
}

/** What was seen of a connector's output, for the outcome (protocol A13) and the checkpoints (A14). */
export interface SessionFacts {
  readonly recordsAccepted: number;
  /** Records accepted by stream; only streams that had one. */
  readonly recordsByStream: ReadonlyMap<string, number>;
  readonly done: DoneMessage | null;
  readonly violation: Violation | null;
  /** An unfinished last line that does not parse: a violation, unless the connector was killed while writing it. */
  readonly truncated: Violation | null;
  /** Scoped streams named by a `stream_collection_failed` skip. */
  readonly failedStreams: ReadonlySet<string>;
  /** Newest cursor of each checkpoint, in order of first STATE. */
  readonly staged: ReadonlyMap<string, string>;
  /** Deviations that were tolerated: a word each, once. */
  readonly warnings: ReadonlySet<SessionWarning>;
}

/** Tolerated deviations of published connectors (protocol A9, A13). */
export type SessionWarning = 'state_of_dependent_stream' | 'done_error_without_retryable';

/**
 * One run's side of the conversation: lines in, effects out, no I/O. The first violation is the last effect; whatever comes after it,
 * or after `close`, is read and dropped.
 */
export class ProtocolSession implements SessionFacts {
  recordsAccepted = 0;
  readonly recordsByStream = new Map<string, number>();
  done: DoneMessage | null = null;
  violation: Violation | null = null;
  truncated: Violation | null = null;
  readonly failedStreams = new Set<string>();
  readonly staged = new Map<string, string>();
  readonly warnings = new Set<SessionWarning>();
  readonly #scope: CompiledScope;
  readonly #limits: ProtocolLimits;
  readonly #decode: (envelope: ReturnType<typeof openEnvelope>) => ConnectorMessage;
  #phase: Phase = 'initializing';

  constructor(init: SessionInit) {
    this.#scope = init.scope;
    this.#limits = init.limits ?? defaultLimits;
    this.#decode = messageDecoder({ scope: init.scope, limits: this.#limits, sensitiveValues: init.sensitiveValues ?? [] });
  }

  /** Where the conversation stands. */
  get phase(): Phase {
    return this.#phase;
  }

  /** Tells that START was handed to the child; called once, before the first line is accepted. */
  startWritten(): void {
    this.#phase = nextPhase(this.#phase, 'start_written');
  }

  /** Stops listening, because the runtime ends the run for a cause of its own: an output cut short by that is no violation. */
  close(): void {
    this.#phase = nextPhase(this.#phase, 'closed');
  }

  /** Takes one line of stdout. Null: nothing to do. */
  accept(line: Line): SessionEffect | null {
    if (this.#phase === 'closed') return null;
    try {
      return this.#note(this.#read(line));
    } catch (error) {
      if (error instanceof ProtocolViolation) return this.#refuse(error.violation, line);
      throw error;
    }
  }

  #read(line: Line): ConnectorMessage {
    if (this.#phase === 'initializing')
      throw new ProtocolViolation({ subtype: 'output_before_start', message_type: null, received: line.bytes });
    if (this.#phase === 'done') throw new ProtocolViolation({ subtype: 'message_after_done', message_type: null, received: line.bytes });
    return this.#decode(openEnvelope(line, this.#limits));
  }

  #note(message: ConnectorMessage): ConnectorMessage {
    if (message.kind === 'record') this.#countRecord(message.record.stream);
    else if (message.kind === 'state') this.#stage(message);
    else if (message.kind === 'done') this.#finish(message);
    else if (message.kind === 'skip' && message.stream !== undefined && message.reason === STREAM_COLLECTION_FAILED) {
      this.failedStreams.add(message.stream);
    }
    return message;
  }

  #countRecord(stream: string): void {
    this.recordsAccepted++;
    this.recordsByStream.set(stream, (this.recordsByStream.get(stream) ?? 0) + 1);
  }

  #stage({ stream, cursorText }: StateMessage): void {
    this.staged.set(stream, cursorText);
    if (this.#scope.get(stream)?.dependent === true) this.warnings.add('state_of_dependent_stream');
  }

  #finish(done: DoneMessage): void {
    this.done = done;
    if (done.error !== undefined && done.error.retryable === undefined) this.warnings.add('done_error_without_retryable');
    this.#phase = nextPhase(this.#phase, 'done');
  }

  #refuse(violation: Violation, line: Line): SessionEffect | null {
    const cutShort = !line.ended && (violation.subtype === 'invalid_json_line' || violation.subtype === 'invalid_utf8');
    this.#phase = nextPhase(this.#phase, 'closed');
    if (cutShort) {
      this.truncated = violation;
      return null;
    }
    this.violation = violation;
    return { kind: 'violation', violation };
  }
}
