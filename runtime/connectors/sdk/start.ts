import { parseExact } from './exact-json.ts';
import { ConnectorFailure } from './failure.ts';

/** One stream of `START.scope`. `fields` narrows which members of `data` may be sent; absent means all. */
export interface ScopedStream {
  readonly name: string;
  readonly fields?: readonly string[];
}

/** The first line on stdin, as far as this SDK reads it (protocol A7). */
export interface Start {
  readonly run_id: string;
  readonly collection_mode: 'full_refresh' | 'incremental';
  readonly scope: { readonly streams: readonly ScopedStream[] };
  /** Stream to its stored cursor, its numbers as `RawNumber`; null on a first run. */
  readonly state: Readonly<Record<string, unknown>> | null;
  readonly bindings: Readonly<Record<string, unknown>>;
}

/**
 * Reads one START line. Throws `ConnectorFailure` when it is none, or when a binding in `requires` is missing:
 * the protocol asks a connector to end then.
 */
export function parseStart(line: string, requires: readonly string[]): Start {
  const message = parseObject(line);
  if (message === undefined || message['type'] !== 'START' || !isScope(message['scope'])) {
    throw new ConnectorFailure({ code: 'start_invalid', message: 'The first line on stdin is no START message with a scope' });
  }
  const start = { state: null, bindings: {}, collection_mode: 'incremental', ...message } as unknown as Start;
  const missing = requires.filter((name) => !(name in start.bindings));
  if (missing.length > 0) {
    throw new ConnectorFailure({
      code: 'binding_missing',
      message: `START gives no binding ${missing.join(', ')}, which this connector needs`,
    });
  }
  return start;
}

function parseObject(line: string): Record<string, unknown> | undefined {
  try {
    const value = parseExact(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function isScope(scope: unknown): boolean {
  const streams = (scope as { streams?: unknown } | null | undefined)?.streams;
  return (
    Array.isArray(streams) && streams.length > 0 && streams.every((stream) => typeof (stream as { name?: unknown })?.name === 'string')
  );
}
