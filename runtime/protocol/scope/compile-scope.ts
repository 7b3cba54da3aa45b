import { type ManifestStream, parentsOf } from '../manifest/manifest-stream.ts';
import { type Instant, parseInstant } from './instant.ts';
import type { Scope, ScopeStream } from './scope.ts';

/** The half-open range `since <= t < until`; a missing bound is open. */
export interface TimeWindow {
  readonly field: string;
  readonly since: Instant | null;
  readonly until: Instant | null;
}

/** What the records of one scoped stream are held to, compiled once a run (protocol A7 step 7). Null: not constrained. */
export interface StreamCheck {
  readonly name: string;
  readonly primaryKey: readonly string[];
  readonly resources: ReadonlySet<string> | null;
  readonly resourceField: string | null;
  readonly fields: ReadonlySet<string> | null;
  readonly timeWindow: TimeWindow | null;
  /** Its own STATE is tolerated only: declared parents cover it, and no other stream names it. */
  readonly dependent: boolean;
}

/** Checks of every scoped stream, by name. What is not in here was not asked for. */
export type CompiledScope = ReadonlyMap<string, StreamCheck>;

/** Compiles a normalised scope against the manifest that it was normalised with. */
export function compileScope(scope: Scope, manifest: readonly ManifestStream[]): CompiledScope {
  const targets = new Set(manifest.flatMap((stream) => parentsOf(stream)));
  const declared = new Map(manifest.map((stream) => [stream.name, stream]));
  return new Map(
    scope.streams.flatMap((scoped) => {
      const stream = declared.get(scoped.name);
      return stream === undefined ? [] : [[scoped.name, Object.freeze(compileStream(scoped, stream, targets))] as const];
    }),
  );
}

function compileStream(scoped: ScopeStream, stream: ManifestStream, targets: ReadonlySet<string>): StreamCheck {
  return {
    name: stream.name,
    primaryKey: [...stream.primaryKey],
    resources: scoped.resources === undefined ? null : new Set(scoped.resources),
    resourceField: stream.selection?.resourceField ?? null,
    fields: scoped.fields === undefined ? null : new Set(scoped.fields),
    timeWindow: compileWindow(scoped, stream),
    dependent: !targets.has(stream.name),
  };
}

function compileWindow(scoped: ScopeStream, stream: ManifestStream): TimeWindow | null {
  if (scoped.time_range === undefined || stream.consentTimeField === undefined) return null;
  const { since, until } = scoped.time_range;
  return { field: stream.consentTimeField, since: readBound(since), until: readBound(until) };
}

function readBound(text: string | undefined): Instant | null {
  return text === undefined ? null : parseInstant(text, { date: true, noOffset: false });
}
