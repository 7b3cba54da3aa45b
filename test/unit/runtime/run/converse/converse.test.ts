import { describe, expect, jest, test } from '@jest/globals';
import { KnownGaps } from '../../../../../runtime/protocol/known-gaps.ts';
import { schemaChecks } from '../../../../../runtime/protocol/manifest/schema-sample.ts';
import { createRedactor } from '../../../../../runtime/redaction/redactor.ts';
import { converse } from '../../../../../runtime/run/converse/converse.ts';
import { prepareRun } from '../../../../../runtime/run/prepare/prepare-run.ts';
import { defaultTimings } from '../../../../../runtime/run/prepare/run-limits.ts';
import type { RunParts } from '../../../../../runtime/run/run-parts.ts';
import { RunStop } from '../../../../../runtime/run/run-stop.ts';
import { fakeChild } from '../../../../gen/fake-child.ts';
import { assignment, memoryJournal } from '../../../../gen/run.ts';

describe('a conversation that cannot be opened', () => {
  test('leaves neither its child nor a timer behind', async () => {
    const failure = new Error('no memory');
    const openIngest = () => {
      throw failure;
    };
    const parts = { journal: memoryJournal(), schemas: schemaChecks(), timings: defaultTimings, openIngest } as unknown as RunParts;
    const dispose = jest.fn(async () => ({ orphansKilled: 0, killEscalated: false }));
    const run = assignment();
    const prepared = await prepareRun(run, { load: async () => [] });
    const started = { stop: new RunStop(), redactor: createRedactor([]), gaps: new KnownGaps(), sensitiveTexts: [] };
    jest.useFakeTimers();
    try {
      await expect(converse({ run, parts, prepared, child: { ...fakeChild(), dispose }, ...started })).rejects.toBe(failure);
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
    expect(dispose).toHaveBeenCalledTimes(1);
  });
});
