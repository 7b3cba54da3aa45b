/**
 * Canonical form of a record's key (protocol A8): one part is the string itself; several are JSON of the array of strings, in the
 * order of the primary key, without spaces. The same form is used in `resources` and in storage.
 */
export function canonicalKey(parts: readonly string[]): string {
  return parts.length === 1 ? (parts[0] ?? '') : JSON.stringify(parts);
}

/** Parts of a canonical key for a primary key of `arity` fields; null when it is no such key (also one written with spaces). */
export function parseCanonicalKey(key: string, arity: number): readonly string[] | null {
  if (arity === 1) return key === '' ? null : [key];
  const parts = parseJson(key);
  if (!isKeyParts(parts, arity)) return null;
  return canonicalKey(parts) === key ? parts : null;
}

/** Narrows to the array form of a compound key: `arity` non-empty strings. */
export function isKeyParts(value: unknown, arity: number): value is string[] {
  return Array.isArray(value) && value.length === arity && value.every((part) => typeof part === 'string' && part !== '');
}

/** A canonical key as a segment of a URL path; only there is it percent-encoded. */
export function keyToPathSegment(key: string): string {
  return encodeURIComponent(key);
}

/** Reverse of `keyToPathSegment`; null when the escapes are broken. */
export function keyFromPathSegment(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
