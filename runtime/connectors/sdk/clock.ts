/** The time of emission as RFC 3339 text: what `RECORD.emitted_at` asks for. A connector has no other use for the clock of the host. */
export function emittedAt(): string {
  return new Date().toISOString();
}

/** Milliseconds since 1970, to compare with dates that a provider names (`Retry-After`). */
export function nowMs(): number {
  return Date.now();
}
