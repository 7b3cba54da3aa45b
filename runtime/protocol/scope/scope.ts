/** A time range as it goes into START: `since` inclusive, `until` exclusive, at least one of them. */
export interface ScopeTimeRange {
  readonly since?: string;
  readonly until?: string;
}

/** One stream of `START.scope.streams`, in the wire's words. Only these members travel. */
export interface ScopeStream {
  readonly name: string;
  readonly resources?: readonly string[];
  readonly time_range?: ScopeTimeRange;
  readonly fields?: readonly string[];
}

/** A normalised scope: non-empty, every stream declared, every constraint allowed by the manifest. */
export interface Scope {
  readonly streams: readonly ScopeStream[];
}
