import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LogKeeper } from '../../../../runtime/redaction/log-keeper.ts';
import { createRedactor, mask } from '../../../../runtime/redaction/redactor.ts';
import { shortSecretBytes } from '../../../../runtime/redaction/secret-forms.ts';

const secret = 'hunter2 "top"/ß+secret\\key';

describe('masking by value', () => {
  const forms: [reason: string, text: string][] = [
    ['plain', secret],
    ['base64 at a group border', Buffer.from(secret).toString('base64')],
    ['base64 one byte into a group', Buffer.from(`x${secret}`).toString('base64')],
    ['base64 two bytes into a group', Buffer.from(`xy${secret}`).toString('base64')],
    ['URL-safe base64', Buffer.from(`:${secret}:`).toString('base64url')],
    ['URL-encoded', encodeURIComponent(secret)],
    ['URL-encoded with lower-case digits', encodeURIComponent(secret).replace(/%../g, (code) => code.toLowerCase())],
    ['an HTML form field', new URLSearchParams({ v: secret }).toString()],
    ['a JSON string', JSON.stringify({ secret })],
    ['a JSON string in ASCII', JSON.stringify(secret).replace('ß', '\\u00df')],
    ['a JSON string in ASCII with upper-case digits', JSON.stringify(secret).replace('ß', '\\u00DF')],
    ['a JSON string with escaped slashes', JSON.stringify(secret).replaceAll('/', '\\/')],
  ];
  test.each(forms)('[PROTO-36] a secret is masked as %s', (_, text) => {
    const redactor = createRedactor([secret]);
    const redacted = redactor.text(`before ${text} after`);
    expect(redacted).toContain(mask);
    expect(redacted).toMatch(/^before .* after$/);
    // Of an encoded form at most the characters that the neighbours share may stay.
    expect(redacted.length).toBeLessThan(mask.length + 'before  after'.length + '{"secret":""}'.length + 8);
    expect(redactor.contains(text)).toBe(true);
  });

  test('[PROTO-36] each line of a secret of several lines is masked, short lines apart', () => {
    const key = '-----BEGIN KEY-----\r\nMIIEvQIBADANBgkq\r\n}\r\nhkiG9w0BAQEFAASC\r\n-----END KEY-----';
    const redactor = createRedactor([key]);
    expect(redactor.text('line MIIEvQIBADANBgkq and hkiG9w0BAQEFAASC')).toBe(`line ${mask} and ${mask}`);
    expect(redactor.text('{"a":1}')).toBe('{"a":1}');
  });

  test('[PROTO-36] a value under 8 bytes is masked as a whole word only', () => {
    const redactor = createRedactor(['cat7']);
    expect(redactor.text('cat7 scat7 cat70 (cat7) cat7')).toBe(`${mask} scat7 cat70 (${mask}) ${mask}`);
    expect(redactor.text(`x ${Buffer.from('cat7').toString('base64')}`)).toBe(`x ${mask}==`);
  });

  test('[PROTO-36] overlapping and repeated secrets leave nothing of either', () => {
    const redactor = createRedactor(['abcdefghij', 'ghijklmnop']);
    expect(redactor.text('abcdefghijklmnop, abcdefghijabcdefghij')).toBe(`${mask}, ${mask}`);
  });

  test('[PROTO-36] a JSON value is masked in its strings and member names, at any depth', () => {
    const redacted = createRedactor([secret]).json({ [secret]: [{ note: `is ${secret}` }, 3, null, true] });
    expect(redacted).toEqual({ [mask]: [{ note: `is ${mask}` }, 3, null, true] });
  });

  test('text without a secret, and empty values, come back as they are', () => {
    expect(createRedactor(['', 'longer than this']).text('as it is ß \u2028')).toBe('as it is ß \u2028');
    expect(createRedactor([]).contains('anything')).toBe(false);
  });

  test('[PROTO-36] a wiped redactor holds no secret any more', () => {
    const redactor = createRedactor([secret]);
    redactor.wipe();
    expect(redactor.contains(secret)).toBe(false);
  });
});

describe('masking a stream', () => {
  test('[PROTO-36] however a stream is cut into chunks, it is masked as if it came whole', () => {
    const values = fc.array(fc.string({ minLength: 1, maxLength: 12, unit: fc.constantFrom('a', 'b', 'ß', '/', '"') }), { maxLength: 4 });
    const pieces = fc.array(fc.string({ maxLength: 9, unit: fc.constantFrom('a', 'b', 'ß', '/', '"', ' ') }), { maxLength: 8 });
    fc.assert(
      fc.property(values, pieces, (secrets, filler) => {
        const whole = Buffer.from(filler.map((text, at) => text + (secrets[at % (secrets.length || 1)] ?? '')).join(''));
        const redactor = createRedactor(secrets);
        const stream = redactor.stream();
        const out: Buffer[] = [];
        for (let at = 0; at < whole.length; at += 3) out.push(stream.write(whole.subarray(at, at + 3)));
        out.push(stream.end());
        const streamed = Buffer.concat(out).toString();
        expect(streamed.replaceAll(mask + mask, mask)).toBe(redactor.text(whole.toString()).replaceAll(mask + mask, mask));
        for (const value of secrets) if (Buffer.byteLength(value) >= shortSecretBytes) expect(streamed).not.toContain(value);
      }),
      { numRuns: 500 },
    );
  });

  test('[PROTO-36] what cannot be part of a secret is given on at once', () => {
    const stream = createRedactor(['abcdefgh']).stream();
    expect(stream.write(Buffer.from('hello abc')).toString()).toBe('hello ');
    expect(stream.write(Buffer.from('x')).toString()).toBe('abcx');
  });
});

describe('the end of a log', () => {
  test('[PROTO-36] is redacted before it is bounded, so that a cut leaves no half of a secret', () => {
    const keeper = new LogKeeper(createRedactor(['abcdefghijklmnop']), 20);
    keeper.write(Buffer.from('0123456789 abcdefgh'));
    keeper.write(Buffer.from('ijklmnop tail'));
    keeper.end();
    expect(keeper.log()).toEqual({ text: '6789 [redacted] tail', bytesObserved: 32, truncated: true });
  });

  test('[PROTO-36] keeps the last 16 KiB of any flood, and tells the total', () => {
    const keeper = new LogKeeper(createRedactor([]));
    for (let n = 0; n < 5_000; n++) keeper.write(Buffer.from(`line ${n} ß\n`.padEnd(100, '.')));
    keeper.end();
    const { text, bytesObserved, truncated } = keeper.log();
    expect(Buffer.byteLength(text)).toBeGreaterThan(16 * 1024 - 4);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(16 * 1024);
    expect(text).toContain('line 4999');
    expect({ truncated, bytesObserved }).toEqual({ truncated: true, bytesObserved: 505_000 });
  });

  test('begins with a whole character', () => {
    const keeper = new LogKeeper(createRedactor([]), 4);
    keeper.write(Buffer.from('ääb'));
    keeper.end();
    expect(keeper.log().text).toBe('äb');
    const cut = new LogKeeper(createRedactor([]), 2);
    cut.write(Buffer.from('äb'));
    cut.end();
    expect(cut.log().text).toBe('b');
  });
});
