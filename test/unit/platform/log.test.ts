import { expect, test } from '@jest/globals';
import { Fault } from '../../../platform/errors.ts';
import { createLog, type Log, readableLine } from '../../../platform/log.ts';

const clock = { now: () => new Date('2026-11-20T10:00:00.123Z'), monotonicMs: () => 0 };

function capture(form: 'json' | 'pretty' = 'json'): { log: Log; lines: string[] } {
  const lines: string[] = [];
  return { log: createLog({ role: 'controller', clock, form, write: (line) => void lines.push(line) }), lines };
}

test('a line is one JSON object with constant message, role and keys of its child', () => {
  const { log, lines } = capture();
  log.child({ connector: 'default/counter' }).info({ run: 'r1' }, 'run started');
  expect(JSON.parse(lines[0] ?? '')).toEqual({
    level: 'info',
    time: '2026-11-20T10:00:00.123Z',
    role: 'controller',
    pid: process.pid,
    connector: 'default/counter',
    run: 'r1',
    msg: 'run started',
  });
});

test('values under secret names are masked at every depth that a log line has', () => {
  const { log, lines } = capture();
  log.info({ token: 'canary', request: { headers: { authorization: 'canary' } }, db: { password: 'canary' } }, 'told');
  expect(lines[0]).not.toContain('canary');
});

test('an error shows reason, hint, cause and stack, and nothing else that it carries', () => {
  const { log, lines } = capture();
  const cause = Object.assign(new Error('x'.repeat(5_000)), { code: 'ECONNREFUSED', request: 'canary' });
  log.error(
    { err: new Fault({ reason: 'DatabaseUnavailable', message: 'no answer', hint: 'wait', details: { row: 'canary' }, cause }) },
    'failed',
  );
  const { err } = JSON.parse(lines[0] ?? '') as { err: Record<string, Record<string, unknown>> };
  expect(err).toMatchObject({
    type: 'Fault',
    reason: 'DatabaseUnavailable',
    message: 'no answer',
    hint: 'wait',
    cause: { code: 'ECONNREFUSED' },
  });
  expect(String(err['cause']?.['message']).length).toBeLessThan(2_100);
  expect(lines[0]).not.toContain('canary');
});

test('the pretty form is one short line a person can read', () => {
  const { log, lines } = capture('pretty');
  log.warn({ connector: 'a', tries: 2, err: new Fault({ reason: 'Gone', message: 'it went' }) }, 'pass failed');
  expect(lines).toEqual(['10:00:00 warn  controller: pass failed connector=a tries=2 error=Gone: it went\n']);
});

test('lines of another process of ours are made readable too; what is none of ours, or was cut off, stays as it is', () => {
  const { log, lines } = capture();
  log.info({ run: 'r1', reason: null }, 'run ended');
  const line = (lines[0] as string).trimEnd();
  expect(readableLine(line)).toBe('10:00:00 info  controller: run ended run=r1\n');
  expect(readableLine('Error: not of ours')).toBe('Error: not of ours\n');
  expect(readableLine(line.slice(0, 30))).toBe(`${line.slice(0, 30)}\n`);
});
