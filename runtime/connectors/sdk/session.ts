import { emittedAt } from './clock.ts';
import type { Environment } from './environment.ts';
import { ConnectorFailure, type RecoveryHint } from './failure.ts';
import type { Output } from './output.ts';
import type { ScopedStream, Start } from './start.ts';

/** One part a field of the stream's primary key; a lone string when the key has one field. */
export type RecordKey = string | readonly string[];

/** What the runtime takes at most (protocol A5): a line of 16 MiB, a cursor of 1 MiB. */
export const maxLineBytes = 16 * 1024 * 1024;
export const maxCursorBytes = 1024 * 1024;

/** One run as the connector sees it: what was asked for, and the messages it may send. Await each message: that is the back-pressure. */
export class Session {
  readonly environment: Environment;
  /** Aborts on SIGTERM; hand it to child processes and requests. */
  readonly signal: AbortSignal;
  readonly #start: Start;
  readonly #streams: ReadonlyMap<string, ScopedStream>;
  readonly #output: Output;
  #recordsEmitted = 0;

  constructor(start: Start, environment: Environment, output: Output, signal: AbortSignal) {
    this.environment = environment;
    this.signal = signal;
    this.#start = start;
    this.#streams = new Map(start.scope.streams.map((stream) => [stream.name, stream]));
    this.#output = output;
  }

  /** RECORD messages sent so far, deletes included: what DONE reports. */
  get recordsEmitted(): number {
    return this.#recordsEmitted;
  }

  /** Is the stream in the scope of this run? Nothing may be sent for one that is not. */
  wants(stream: string): boolean {
    return this.#streams.has(stream);
  }

  /** The stored cursor of a stream, its numbers as `RawNumber`; null on a first run and in a full refresh, where everything is to be sent again. */
  cursor(stream: string): Readonly<Record<string, unknown>> | null {
    return this.#start.collection_mode === 'full_refresh' ? null : this.storedCursor(stream);
  }

  /** The stored cursor whatever the mode: for what must be compared even in a full refresh, such as what has vanished. */
  storedCursor(stream: string): Readonly<Record<string, unknown>> | null {
    const cursor = this.#start.state?.[stream];
    return typeof cursor === 'object' && cursor !== null ? (cursor as Record<string, unknown>) : null;
  }

  /** Sends one record. Members of `data` outside the scope's `fields` are left out. */
  async record(stream: string, key: RecordKey, data: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#sendRecord(stream, { key, data: this.#project(stream, data) });
  }

  /** Says that a record is gone at the source. */
  async remove(stream: string, key: RecordKey): Promise<void> {
    await this.#sendRecord(stream, { key, op: 'delete' });
  }

  /** Stages a cursor, after all the records that it covers. Throws `cursor_too_large` above 1 MiB, which the runtime would refuse. */
  async checkpoint(stream: string, cursor: Readonly<Record<string, unknown>>): Promise<void> {
    const size = Buffer.byteLength(JSON.stringify(cursor));
    if (size > maxCursorBytes) {
      throw new ConnectorFailure({
        code: 'cursor_too_large',
        message: `The cursor of ${stream} has ${size} bytes; at most ${maxCursorBytes} are kept`,
      });
    }
    await this.#send({ type: 'STATE', stream, cursor });
  }

  /** Tells how far the run is; the runtime keeps ten a second and the first 200 characters. */
  async progress(message: string, detail: { stream?: string; count?: number; total?: number } = {}): Promise<void> {
    await this.#send({ type: 'PROGRESS', message, ...detail });
  }

  /** Says that a part was left out, and why: a gap that the owner sees. */
  async skip(stream: string, reason: string, message: string, recoveryHint?: RecoveryHint): Promise<void> {
    await this.#send({ type: 'SKIP_RESULT', stream, reason, message, ...(recoveryHint && { recovery_hint: recoveryHint }) });
  }

  async #sendRecord(stream: string, body: Readonly<Record<string, unknown>>): Promise<void> {
    if (!this.wants(stream)) throw new Error(`stream ${stream} is not in the scope of this run`);
    const line = JSON.stringify({ type: 'RECORD', stream, ...body, emitted_at: emittedAt() });
    // A character has at most three bytes in UTF-8, so most lines need no counting.
    if (line.length * 3 > maxLineBytes && Buffer.byteLength(line) > maxLineBytes) {
      const key = JSON.stringify(body['key']).slice(0, 100);
      throw new ConnectorFailure({
        code: 'record_too_large',
        message: `Record ${key} of ${stream} has over ${maxLineBytes} bytes as JSON`,
      });
    }
    this.#recordsEmitted += 1;
    await this.#output.line(line);
  }

  #project(stream: string, data: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
    const fields = this.#streams.get(stream)?.fields;
    return fields === undefined ? data : Object.fromEntries(Object.entries(data).filter(([name]) => fields.includes(name)));
  }

  async #send(message: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#output.line(JSON.stringify(message));
  }
}
