import { describe, expect, test } from '@jest/globals';
import { normaliseScope } from '../../../../runtime/protocol/scope/normalise-scope.ts';
import { collectionMode, readStoredState, startLine } from '../../../../runtime/protocol/start.ts';
import { stream } from '../../../gen/protocol.ts';

const manifest = [stream(), stream({ name: 'others', incremental: false })];
const bindings = { network: {}, filesystem: {} };

describe('startLine', () => {
  const scope = normaliseScope(manifest, [{ name: 'items', fields: ['n'], timeRange: { since: '2026-02-01' } }, { name: 'others' }]);

  test('[RT-1.R1, PROTO-4] is one line with exactly the members of START', () => {
    const line = startLine({ runId: 'run-7f3', mode: 'incremental', scope, bindings, state: null });
    expect(line.indexOf('\n')).toBe(line.length - 1);
    expect(JSON.parse(line)).toEqual({
      type: 'START',
      run_id: 'run-7f3',
      collection_mode: 'incremental',
      bindings: { network: {}, filesystem: {} },
      state: null,
      scope: { streams: [{ name: 'items', fields: ['n', 'id', 'at'], time_range: { since: '2026-02-01' } }, { name: 'others' }] },
    });
  });

  test('[RT-1.R2, PROTO-9] state has each stored cursor as it was written', () => {
    const stored = [
      { stream: 'items', cursorText: '{"uid":9007199254740993,"at":0.10}' },
      { stream: 'others', cursorText: '{"page":\r\n2}' },
    ];
    const line = startLine({ runId: '1', mode: 'incremental', scope, bindings, state: readStoredState(stored, manifest) });
    expect(line).toContain('"state":{"items":{"uid":9007199254740993,"at":0.10},"others":{"page":  2}}');
    expect(line.trimEnd()).not.toMatch(/[\r\n]/);
  });
});

describe('readStoredState', () => {
  test('[RT-1.R2] sends what the manifest still declares, null when nothing is left', () => {
    const gone = { stream: 'gone', cursorText: '{"a":1}' };
    const cleared = { stream: 'items', cursorText: 'null' };
    expect(readStoredState([gone, { stream: 'items', cursorText: '{}' }], manifest)).toEqual(new Map([['items', '{}']]));
    expect(readStoredState([gone, cleared], manifest)).toBeNull();
    expect(readStoredState([], manifest)).toBeNull();
  });

  test.each(['"text"', '4711', '[]', 'true', '{broken'])('[RT-1.R2] a stored %s stops the launch', (cursorText) => {
    expect(() => readStoredState([{ stream: 'items', cursorText }], manifest)).toThrow(
      expect.objectContaining({ reason: 'stored_state_invalid', path: 'checkpoints["items"]' }),
    );
  });
});

describe('collectionMode', () => {
  const both = normaliseScope(manifest);
  const onlyOthers = normaliseScope(manifest, [{ name: 'others' }]);

  test.each([
    ['incremental by default', undefined, both, 'incremental'],
    ['what was asked for', 'full_refresh' as const, both, 'full_refresh'],
    ['a full refresh when no scoped stream can resume', 'incremental' as const, onlyOthers, 'full_refresh'],
  ])('[RT-1.R1] is %s', (_name, requested, scope, mode) => {
    expect(collectionMode(requested, scope, manifest)).toBe(mode);
  });
});
