import { expect, test } from '@jest/globals';
import { withDefaults } from '../../../schemas/connector-defaults.ts';
import type { ConnectorSpec } from '../../../schemas/connector.ts';
import { connector, withSpec } from '../../gen/documents.ts';

const bare = connector('a', withSpec({ credentials: undefined, config: undefined })).spec as ConnectorSpec;

test('defaults fill what was left out and leave the input alone', () => {
  const before = structuredClone(bare);
  expect(withDefaults(bare)).toMatchObject({
    enabled: true,
    mode: 'Manage',
    config: {},
    credentials: { mode: 'none' },
    limits: { backpressure: 'reject' },
    collection: { mode: 'incremental', checkpointPolicy: 'AtDone', accessMode: 'continuous' },
    execution: { runner: 'subprocess' },
    deletionPolicy: 'Uninstall',
    rollout: { strategy: 'Immediate' },
  });
  expect(withDefaults(bare)).not.toHaveProperty('schedule');
  expect(bare).toEqual(before);
});

test('what was written wins, and a schedule gets its own defaults', () => {
  const spec = { ...bare, enabled: false, schedule: { every: '1h', missedRuns: 'Skip' as const } };
  expect(withDefaults(spec)).toMatchObject({
    enabled: false,
    schedule: { every: '1h', missedRuns: 'Skip', timeZone: 'UTC', suspend: false },
  });
});
