import { describe, expect, it } from '@jest/globals';
import { IngestBudget } from '../../../../runtime/ingest/budget.ts';

describe('IngestBudget', () => {
  it('lends half of it to whoever comes and keeps an equal part of the other half for each run', () => {
    const budget = new IngestBudget(1_000);
    const [greedy, modest] = [budget.open(), budget.open()];
    expect(greedy.take(499)).toBeUndefined();
    expect(greedy.take(1)).toBeInstanceOf(Promise);
    expect(modest.take(249)).toBeUndefined();
    expect(modest.take(1)).toBeInstanceOf(Promise);
    expect(budget.usedBytes).toBe(750);
  });

  it('lets a run that holds nothing read on, however much the others hold', async () => {
    const budget = new IngestBudget(100);
    const [full, other] = [budget.open(), budget.open()];
    void full.take(1_000);
    const room = other.take(5_000);
    expect(other.full).toBe(true);
    other.release(5_000);
    await room;
    expect(other.full).toBe(false);
  });

  it('wakes a reader once others gave back enough', async () => {
    const budget = new IngestBudget(1_000);
    const [one, two] = [budget.open(), budget.open()];
    void one.take(400);
    let read = false;
    const waiting = two.take(300)?.then(() => {
      read = true;
    });
    one.release(100);
    await Promise.resolve();
    expect(read).toBe(false);
    one.release(150);
    await waiting;
    expect(read).toBe(true);
  });

  it('gives a larger part to those that are left, and everything back, when a run ends', async () => {
    const budget = new IngestBudget(1_000);
    const [small, ...large] = Array.from({ length: 4 }, () => budget.open());
    for (const share of large) void share.take(300);
    const waiting = small?.take(150);
    expect(waiting).toBeInstanceOf(Promise);
    large[0]?.close();
    large[0]?.close();
    await waiting;
    large[0]?.release(300);
    expect(budget.usedBytes).toBe(750);
  });

  it('lets a reader that waits go on when its own run ends', async () => {
    const share = new IngestBudget(10).open();
    const waiting = share.take(100);
    share.close();
    await waiting;
  });

  it('stays within the total plus one record a run', () => {
    const budget = new IngestBudget(1_000);
    const shares = Array.from({ length: 20 }, () => budget.open());
    for (const share of shares) while (share.take(10) === undefined);
    expect(budget.usedBytes).toBeLessThanOrEqual(1_000 + 20 * 10);
  });
});
