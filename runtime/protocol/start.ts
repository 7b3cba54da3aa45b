import type { StoredCheckpoint } from '../apis/run.ts';
import type { Bindings } from './manifest/bindings.ts';
import type { ManifestStream } from './manifest/manifest-stream.ts';
import { Refusal } from './refusal.ts';
import type { Scope } from './scope/scope.ts';

/** How much a run collects. */
export type CollectionMode = 'full_refresh' | 'incremental';

/** What goes into START. */
export interface StartInit {
  readonly runId: string;
  readonly mode: CollectionMode;
  readonly scope: Scope;
  readonly bindings: Bindings;
  /** From `readStoredState`. */
  readonly state: StoredState;
}

/** Stored cursors by stream, as exact JSON text; null when there are none or persistence is off. */
export type StoredState = ReadonlyMap<string, string> | null;

/**
 * The START line with its line feed (protocol A7). Cursors go in as the text that was stored, so that numbers beyond 2^53 come back
 * to the connector as it wrote them. No grant, token, view or necessity travels.
 */
export function startLine(start: StartInit): string {
  const members = [
    `"type":"START"`,
    `"run_id":${JSON.stringify(start.runId)}`,
    `"collection_mode":${JSON.stringify(start.mode)}`,
    `"bindings":${JSON.stringify(start.bindings)}`,
    `"state":${stateText(start.state)}`,
    `"scope":${JSON.stringify(start.scope)}`,
  ];
  return `{${members.join(',')}}\n`;
}

/** `full_refresh` when asked for, and when no scoped stream can resume from a cursor. */
export function collectionMode(requested: CollectionMode | undefined, scope: Scope, manifest: readonly ManifestStream[]): CollectionMode {
  const scoped = new Set(scope.streams.map((stream) => stream.name));
  const resumes = manifest.some((stream) => scoped.has(stream.name) && stream.incremental === true);
  return resumes ? (requested ?? 'incremental') : 'full_refresh';
}

/**
 * Stored cursors of the streams that the manifest still declares. Throws `Refusal` (`stored_state_invalid`) for one that is neither
 * an object nor null; a stored null counts as none.
 */
export function readStoredState(stored: readonly StoredCheckpoint[], manifest: readonly ManifestStream[]): StoredState {
  const declared = new Set(manifest.map((stream) => stream.name));
  const cursors = stored.filter(({ stream }) => declared.has(stream)).flatMap(readCursor);
  return cursors.length === 0 ? null : new Map(cursors);
}

function readCursor({ stream, cursorText }: StoredCheckpoint): [string, string][] {
  const cursor = parse(cursorText);
  if (cursor === null) return [];
  if (typeof cursor === 'object' && !Array.isArray(cursor)) return [[stream, cursorText]];
  throw new Refusal({
    reason: 'stored_state_invalid',
    rule: 'cursor_shape',
    path: `checkpoints[${JSON.stringify(stream)}]`,
    message: 'the stored cursor is neither an object nor null',
    details: { stream },
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function stateText(state: StoredState): string {
  if (state === null) return 'null';
  // a line break can only be white space between tokens here, and would end the line
  const members = [...state].map(([stream, cursor]) => `${JSON.stringify(stream)}:${cursor.replaceAll(/[\r\n]/g, ' ')}`);
  return `{${members.join(',')}}`;
}
