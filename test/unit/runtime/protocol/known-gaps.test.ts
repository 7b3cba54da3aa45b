import { describe, expect, test } from '@jest/globals';
import { gapOfSkip, KnownGaps, storedText } from '../../../../runtime/protocol/known-gaps.ts';

const plain = (text: string) => text;
const mask = (text: string) => text.replaceAll('hunter2', '***');

describe('storedText', () => {
  test.each([
    ['a short text', 'abc', 'abc'],
    ['200 characters', 'x'.repeat(200), 'x'.repeat(200)],
    ['201 characters', 'x'.repeat(201), `${'x'.repeat(199)}…`],
    ['no half character at the cut', `${'x'.repeat(198)}😀😀`, `${'x'.repeat(198)}…`],
    ['NUL', 'a\0b', 'a\ufffdb'],
    ['half a surrogate pair', 'a\ud800b', 'a\ufffdb'],
  ])('[RT-4.4, PROTO-24] %s', (_name, text, stored) => {
    expect(storedText(text, plain)).toBe(stored);
  });

  test('[RT-4.4, PROTO-24] redacts before it cuts, so that no part of a secret is left at the cut', () => {
    expect(storedText(`${'x'.repeat(196)}hunter2`, mask)).toBe(`${'x'.repeat(196)}***`);
    expect(storedText('y'.repeat(501), plain, 500)).toBe(`${'y'.repeat(499)}…`);
  });
});

describe('gapOfSkip', () => {
  test('[RT-4.4] has scope, reason, message and hint, redacted and cut', () => {
    const gap = gapOfSkip(
      {
        kind: 'skip',
        stream: 'items',
        reason: 'stream_collection_failed',
        message: `hunter2 ${'x'.repeat(300)}`,
        recoveryHint: { action: 'refresh_credentials' },
      },
      mask,
    );
    expect(gap).toEqual({
      reason: 'stream_collection_failed',
      scope: { stream: 'items' },
      message: `*** ${'x'.repeat(195)}…`,
      recovery_hint: { action: 'refresh_credentials' },
    });
  });

  test('[RT-4.4] what was not sent is not made up, but a gap has a reason', () => {
    expect(gapOfSkip({ kind: 'skip' }, plain)).toEqual({ reason: 'skipped' });
  });
});

describe('KnownGaps', () => {
  test("[RT-4.4] keeps 50 and counts the rest; the runtime's own gap is never the one left out", () => {
    const gaps = new KnownGaps();
    for (let index = 0; index < 52; index++) gaps.add({ reason: `r${index}` });
    gaps.add({ reason: 'checkpoint_commit_failed' }, true);
    expect(gaps.list()).toHaveLength(50);
    expect(gaps.list()[48]).toEqual({ reason: 'r48' });
    expect(gaps.list()[49]).toEqual({ reason: 'checkpoint_commit_failed' });
    expect(gaps.omitted).toBe(3);
  });
});
