/** Shorter values turn up by chance; they are masked in texts, but do not fail a run. */
const MIN_SECRET_BYTES = 8;

/** Keeps the sensitive values of a run that are long enough to be looked for in cursors. */
export function searchableSecrets(sensitiveValues: readonly string[]): readonly string[] {
  return sensitiveValues.filter((value) => Buffer.byteLength(value) >= MIN_SECRET_BYTES);
}

/**
 * Whether a parsed cursor has one of `secrets` (see `searchableSecrets`) inside any decoded string, member names included: a stored
 * cursor outlives the credential and is shown to people. Nesting is bounded by the caller.
 */
export function findSecret(value: unknown, secrets: readonly string[]): boolean {
  if (secrets.length === 0) return false;
  if (typeof value === 'string') return secrets.some((secret) => value.includes(secret));
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([name, member]) => findSecret(name, secrets) || findSecret(member, secrets));
}
