import { describe, expect, test } from '@jest/globals';
import { Fault } from '../../../../../platform/errors.ts';
import { KnownGaps } from '../../../../../runtime/protocol/known-gaps.ts';
import { type CommitRequest, commitCheckpoints } from '../../../../../runtime/run/conclude/commit-checkpoints.ts';
import { assignment } from '../../../../gen/run.ts';

function request(mods: Partial<CommitRequest> = {}): CommitRequest & { gaps: KnownGaps } {
  const staged = new Map(['a', 'b', 'c'].map((stream) => [stream, `{"of":"${stream}"}`]));
  return { key: assignment(), plan: { commit: ['a', 'b', 'c'], withheld: [] }, staged, already: new Map(), gaps: new KnownGaps(), ...mods };
}

function store(failing?: string, reason = 'DatabaseUnavailable') {
  const commits: string[] = [];
  const commit = async (_key: unknown, { stream }: { stream: string }, event: { data: Record<string, unknown> }): Promise<void> => {
    if (stream === failing) throw new Fault({ reason, message: 'no' });
    commits.push(`${stream} ${String(event.data['states_committed'])}`);
  };
  return { commits, commit };
}

describe('committing checkpoints', () => {
  test('[RT-3.1] commits each in manifest order and counts them', async () => {
    const { commits, ...port } = store();
    const outcome = await commitCheckpoints(request(), port);
    expect(commits).toEqual(['a 1', 'b 2', 'c 3']);
    expect(outcome).toMatchObject({ staged: 3, committed: 3, failed: null });
  });

  test('[RT-3.3] stops at the first failure, names it and what is missing', async () => {
    const asked = request();
    const { commits, ...port } = store('b');
    const outcome = await commitCheckpoints(asked, port);
    expect(commits).toEqual(['a 1']);
    expect(outcome).toMatchObject({ staged: 3, committed: 1, failed: 'b' });
    expect(asked.gaps.list()).toMatchObject([
      { reason: 'checkpoint_commit_failed', scope: { stream: 'b' }, details: { missing: ['b', 'c'] } },
    ]);
  });

  test('[PROTO-38] throws a lost lease on, and adds no gap', async () => {
    const asked = request();
    await expect(commitCheckpoints(asked, store('b', 'LeaseLost'))).rejects.toMatchObject({ reason: 'LeaseLost' });
    expect(asked.gaps.list()).toEqual([]);
  });

  test('leaves alone what was committed during the run, also behind a failure and among the withheld', async () => {
    const already = new Map([
      ['a', '{"of":"a"}'],
      ['b', '{"of":"older"}'],
      ['c', '{"of":"c"}'],
    ]);
    const asked = request({ already, plan: { commit: ['a', 'b'], withheld: [{ stream: 'c', reason: 'stream_collection_failed' }] } });
    const { commits, ...port } = store('b');
    const outcome = await commitCheckpoints(asked, port);
    expect(commits).toEqual([]);
    expect(outcome.streams).toEqual([
      { stream: 'a', result: 'committed' },
      { stream: 'b', result: 'failed' },
      { stream: 'c', result: 'committed' },
    ]);
    expect(asked.gaps.list().map(({ reason }) => reason)).toEqual(['checkpoint_commit_failed']);
  });

  test('tells each withheld checkpoint as a gap', async () => {
    const asked = request({ plan: { commit: ['a'], withheld: [{ stream: 'b', reason: 'stream_collection_failed' }] } });
    const outcome = await commitCheckpoints(asked, store());
    expect(outcome.streams).toEqual([
      { stream: 'a', result: 'committed' },
      { stream: 'b', result: 'withheld' },
    ]);
    expect(asked.gaps.list()).toMatchObject([
      { reason: 'stream_collection_failed', scope: { stream: 'b' }, recovery_hint: { action: 'retry_by_runtime' } },
    ]);
  });
});
