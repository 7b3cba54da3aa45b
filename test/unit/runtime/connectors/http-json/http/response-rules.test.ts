import { describe, expect, test } from '@jest/globals';
import { decideRetry, responseFailure } from '../../../../../../runtime/connectors/http-json/http/response-rules.ts';

const url = new URL('https://api.example.com/items?secret=canary');
const nowMs = Date.parse('2026-01-01T00:00:00Z');
const ask = (status: number, more: object = {}) =>
  decideRetry({ attempt: 1, failure: responseFailure(url, status), retryAfter: null, nowMs, ...more });

describe('asking again', () => {
  test.each([
    { reason: 'a busy server: after a second', status: 503, more: {}, waits: 1000 },
    { reason: 'longer each time', status: 503, more: { attempt: 4 }, waits: 8000 },
    { reason: 'five attempts at most', status: 503, more: { attempt: 5 }, waits: undefined },
    { reason: 'as Retry-After says, in seconds', status: 429, more: { retryAfter: '7' }, waits: 7000 },
    { reason: 'as Retry-After says, as a date', status: 429, more: { retryAfter: 'Thu, 01 Jan 2026 00:00:09 GMT' }, waits: 9000 },
    { reason: 'a date in the past: at once', status: 429, more: { retryAfter: 'Thu, 01 Jan 2020 00:00:00 GMT' }, waits: 0 },
    { reason: 'a Retry-After that says nothing', status: 429, more: { retryAfter: 'soon' }, waits: 1000 },
    { reason: 'a wait over a minute is left to the runtime', status: 429, more: { retryAfter: '61' }, waits: undefined },
    { reason: 'no use to ask again', status: 404, more: {}, waits: undefined },
  ])('$reason', ({ status, more, waits }) => {
    expect(ask(status, more)).toBe(waits);
  });

  test('what a status means, without the query', () => {
    expect(responseFailure(url, 401)).toMatchObject({ code: 'access_refused', retryable: false, recoveryHint: 'refresh_credentials' });
    expect(responseFailure(url, 429)).toMatchObject({ code: 'rate_limited', retryable: true });
    expect(responseFailure(url, 500)).toMatchObject({ code: 'http_500', retryable: true });
    expect(responseFailure(url, 404)).toMatchObject({ code: 'http_404', retryable: false });
    for (const status of [401, 404, 429, 500]) expect(responseFailure(url, status).message).not.toContain('canary');
  });
});
