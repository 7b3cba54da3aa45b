import type { ManifestStream } from '../../runtime/protocol/manifest/manifest-stream.ts';
import { compileScope } from '../../runtime/protocol/scope/compile-scope.ts';
import { normaliseScope } from '../../runtime/protocol/scope/normalise-scope.ts';
import { ProtocolSession, type SessionEffect } from '../../runtime/protocol/session.ts';
import type { ProtocolLimits } from '../../runtime/protocol/limits.ts';
import { type Line, LineSplitter } from '../../runtime/protocol/wire/framing.ts';

/** A stream `items` with key `id` that may be narrowed in every way; `mods` replace members. */
export function stream(mods: Partial<ManifestStream> = {}): ManifestStream {
  return {
    name: 'items',
    semantics: 'mutable_state',
    incremental: true,
    primaryKey: ['id'],
    consentTimeField: 'at',
    selection: { fields: true, resources: true },
    schema: {
      type: 'object',
      required: ['id'],
      properties: { id: {}, at: {}, n: {}, text: {}, sym: {}, day: {}, tags: {} },
    },
    ...mods,
  };
}

/** What a test says of a session. */
export interface SessionOptions {
  readonly streams?: readonly ManifestStream[];
  /** As in `spec.collection.streams`. */
  readonly requested?: readonly unknown[];
  readonly sensitiveValues?: readonly string[];
  readonly limits?: ProtocolLimits;
}

/** A session whose START was written. */
export function session(options: SessionOptions = {}): ProtocolSession {
  const streams = options.streams ?? [stream()];
  const scope = compileScope(normaliseScope(streams, options.requested), streams);
  const opened = new ProtocolSession({
    scope,
    sensitiveValues: options.sensitiveValues ?? [],
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  opened.startWritten();
  return opened;
}

/** A RECORD of `items` with key 1; `mods` replace members, undefined leaves one out. */
export function record(mods: Record<string, unknown> = {}): Record<string, unknown> {
  return { type: 'RECORD', stream: 'items', key: '1', data: { id: '1' }, emitted_at: '2026-01-01T00:00:00Z', ...mods };
}

/** All lines of some output, the unfinished last one included, read in chunks of `chunkBytes`. */
export function split(output: Buffer, maxLineBytes = 1_000_000, chunkBytes = output.length || 1): Line[] {
  const splitter = new LineSplitter(maxLineBytes);
  const lines: Line[] = [];
  for (let from = 0; from < output.length; from += chunkBytes) lines.push(...splitter.push(output.subarray(from, from + chunkBytes)));
  const last = splitter.end();
  return last === null ? lines : [...lines, last];
}

/** Feeds messages (objects are serialized, strings are lines as they are) and gives the effects. */
export function feed(to: ProtocolSession, ...messages: readonly (string | object)[]): (SessionEffect | null)[] {
  const output = messages.map((message) => `${typeof message === 'string' ? message : JSON.stringify(message)}\n`).join('');
  return split(Buffer.from(output)).map((line) => to.accept(line));
}

/** The violation's subtype after feeding messages, or the kind of the last effect. */
export function verdictOf(to: ProtocolSession, ...messages: readonly (string | object)[]): string | undefined {
  const last = feed(to, ...messages).at(-1);
  return last?.kind === 'violation' ? last.violation.subtype : last?.kind;
}
