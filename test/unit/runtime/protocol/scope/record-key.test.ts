import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canonicalKey, keyFromPathSegment, keyToPathSegment, parseCanonicalKey } from '../../../../../runtime/protocol/scope/record-key.ts';

const part = fc.string({ minLength: 1, unit: 'binary' });

describe('key encoding', () => {
  test.each([
    [['42'], '42', '42'],
    [['a/b c'], 'a/b c', 'a%2Fb%20c'],
    [['ACME', '2026-02-03'], '["ACME","2026-02-03"]', '%5B%22ACME%22%2C%222026-02-03%22%5D'],
    [['"', 'ü/😀'], '["\\"","ü/😀"]', '%5B%22%5C%22%22%2C%22%C3%BC%2F%F0%9F%98%80%22%5D'],
    [['["a"]'], '["a"]', '%5B%22a%22%5D'],
  ])('[PROTO-14] %j is %s, in a path %s', (parts, canonical, segment) => {
    expect(canonicalKey(parts)).toBe(canonical);
    expect(keyToPathSegment(canonical)).toBe(segment);
    expect(keyFromPathSegment(segment)).toBe(canonical);
    expect(parseCanonicalKey(canonical, parts.length)).toEqual(parts);
  });

  test('[PROTO-14] parts, canonical form and path segment round-trip', () => {
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (parts) => {
        const segment = keyToPathSegment(canonicalKey(parts));
        expect(segment).not.toContain('/');
        expect(parseCanonicalKey(keyFromPathSegment(segment) ?? '', parts.length)).toEqual(parts);
      }),
    );
  });

  test('[PROTO-14] different parts never share a canonical form', () => {
    fc.assert(
      fc.property(fc.tuple(part, part), fc.tuple(part, part), (a, b) => {
        expect(canonicalKey(a) === canonicalKey(b)).toBe(a[0] === b[0] && a[1] === b[1]);
      }),
    );
  });

  test('[PROTO-14] broken escapes in a path are no key', () => {
    expect(keyFromPathSegment('%zz')).toBeNull();
  });
});
