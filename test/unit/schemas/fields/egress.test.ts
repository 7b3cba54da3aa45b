import { expect, test } from '@jest/globals';
import { durationMs } from '../../../../schemas/fields/duration.ts';
import { parseEgress } from '../../../../schemas/fields/egress.ts';

test.each([
  { text: 'API.example.com:443', rule: { host: 'api.example.com', port: 443 } },
  { text: '*.example.com:8443', rule: { host: '*.example.com', port: 8443 } },
  { text: '[2001:db8::1]:25', rule: { host: '2001:db8::1', port: 25 } },
  { text: '10.0.0.1:1', rule: { host: '10.0.0.1', port: 1 } },
  ...['example.com', ':443', 'example.com:0', 'example.com:65536', 'a b:1', 'https://x:443', 'x/y:443', '*.*:1', ''].map((text) => ({
    text,
    rule: undefined,
  })),
])('egress $text', ({ text, rule }) => {
  expect(parseEgress(text)).toEqual(rule);
});

test.each([
  ['15m', 900_000],
  ['1h30m', 5_400_000],
  ['500ms', 500],
  ['2d', 172_800_000],
  ['15', undefined],
  ['m', undefined],
  ['-1m', undefined],
  ['99999999999999999999d', undefined],
])('duration %s is %s', (text, ms) => {
  expect(durationMs(text)).toBe(ms);
});
