import { describe, expect, it } from '@jest/globals';
import { actorOf, may, visibilityOf } from '../../../../controller/gateway/access/access.ts';
import { renderDiff } from '../../../../controller/gateway/answers/render-diff.ts';
import { waitForChange } from '../../../../controller/gateway/answers/wait-for-change.ts';
import { Wake } from '../../../../controller/gateway/answers/wake.ts';
import { connectorKeyOf } from '../../../../controller/gateway/requests/connector-key.ts';
import { matchesLabels, parseLabelSelector } from '../../../../controller/gateway/requests/label-selector.ts';
import { pageToken, readPageToken } from '../../../../controller/gateway/requests/page-token.ts';

describe('label selectors', () => {
  it('read equality, difference, presence and absence', () => {
    expect(parseLabelSelector(' team=mail, tier!=test,owner , !legacy,a==b,empty=')).toEqual([
      { key: 'team', operator: 'equals', value: 'mail' },
      { key: 'tier', operator: 'differs', value: 'test' },
      { key: 'owner', operator: 'exists', value: '' },
      { key: 'legacy', operator: 'absent', value: '' },
      { key: 'a', operator: 'equals', value: 'b' },
      { key: 'empty', operator: 'equals', value: '' },
    ]);
    expect(parseLabelSelector('')).toEqual([]);
  });

  it.each(['a b', '=x', '!', 'a=b=c', '!a=b', 'a in (b)'])('refuse «%s»', (text) => {
    expect(() => parseLabelSelector(text)).toThrow('label_selector');
  });

  it.each([
    ['team=mail', true],
    ['team=x', false],
    ['team!=x', true],
    ['other!=x', true],
    ['team', true],
    ['other', false],
    ['!other', true],
    ['!team', false],
    ['constructor', false],
    ['team,!other,team!=y', true],
  ])('%s fits {team: mail}: %s', (text, fits) => {
    expect(matchesLabels({ team: 'mail' }, parseLabelSelector(text))).toBe(fits);
  });
});

describe('page tokens', () => {
  it('come back as they went', () => {
    expect(readPageToken(pageToken({ namespace: 'n', name: 'm' }))).toEqual({ namespace: 'n', name: 'm' });
  });

  it.each(['', 'x', 'bnVsbA', Buffer.from('["a"]').toString('base64url'), Buffer.from('["a\\u0000","b"]').toString('base64url')])(
    'refuse «%s»',
    (token) => {
      expect(() => readPageToken(token)).toThrow('continue');
    },
  );
});

describe('connector keys', () => {
  it('are never URLs', () => {
    expect(connectorKeyOf('git-history')).toBe('git-history');
    for (const url of ['https://x.example/y', 'x/y', 'urn:x']) expect(() => connectorKeyOf(url)).toThrow('connector_key');
  });
});

describe('subjects', () => {
  const base = { subject: 's', projectId: 'p', namespaces: ['n'], owner: { type: 'user', id: 'u' } } as const;
  it('default to nothing', () => {
    const permissions = ['read', 'read_records', 'manage', 'operate'] as const;
    const allowed = (kind: Parameters<typeof may>[0]['kind']) => permissions.filter((permission) => may({ ...base, kind }, permission));
    expect(allowed('operator')).toEqual([...permissions]);
    for (const kind of ['owner_session', 'owner_agent'] as const) expect(allowed(kind)).toEqual(['read', 'read_records', 'manage']);
    for (const kind of ['client', 'device'] as const) expect(allowed(kind)).toEqual([]);
  });

  it('see their own; an operator sees all of its namespaces and is said to act for every owner', () => {
    expect(visibilityOf({ ...base, kind: 'owner_agent' })).toEqual({ namespaces: ['n'], owner: base.owner, projectId: 'p' });
    expect(visibilityOf({ ...base, kind: 'operator' })).toEqual({ namespaces: ['n'], owner: null, projectId: null });
    expect(actorOf({ ...base, kind: 'operator' })).toEqual({ kind: 'operator', name: 's', acts_for_every_owner: true });
    expect(actorOf({ ...base, kind: 'owner_session' })).toEqual({ kind: 'owner_session', name: 's' });
  });
});

describe('differences', () => {
  it('are printed object by object, and not at all without one', () => {
    const unchanged = { namespace: 'n', name: 'same', outcome: 'unchanged', changes: [], findings: [] } as const;
    const fields = [
      { path: 'spec.count', before: 1, after: 2 },
      { path: 'spec.new', after: 'x' },
      { path: 'spec.old', before: null },
    ];
    const changed = { ...unchanged, name: 'mail', outcome: 'configured', changes: [{ object: 'spec', action: 'update', fields }] } as const;
    expect(renderDiff([unchanged])).toBe('');
    expect(renderDiff([unchanged, changed])).toBe(
      'connector/mail (namespace n)\n  update spec\n    - spec.count: 1\n    + spec.count: 2\n    + spec.new: "x"\n    - spec.old: null\n',
    );
  });
});

describe('waiting', () => {
  const hub = () => {
    const listeners = new Set<() => void>();
    return {
      listeners,
      subscribe: (listener: () => void) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    };
  };
  const patience = (signal = new AbortController().signal) => ({ maxMs: 60_000, signal });

  it('looks again when something changed, and leaves nothing behind', async () => {
    const changes = hub();
    let found: string | null = null;
    const waiting = waitForChange(async () => found, changes, patience());
    await new Promise((resolve) => setTimeout(resolve, 10));
    found = 'x';
    for (const listener of changes.listeners) listener();
    expect(await waiting).toBe('x');
    expect(changes.listeners.size).toBe(0);
  });

  it('ends with the patience, with whoever waits, and with the failure of a look', async () => {
    const changes = hub();
    expect(await waitForChange(async () => null, changes, { maxMs: 1, signal: new AbortController().signal })).toBeNull();
    const gone = new AbortController();
    const waiting = waitForChange(async () => null, changes, patience(gone.signal));
    gone.abort();
    expect(await waiting).toBeNull();
    await expect(waitForChange(() => Promise.reject(new Error('down')), changes, patience())).rejects.toThrow('down');
    expect(changes.listeners.size).toBe(0);
  });

  it('of a watch: a call before the wait counts, a pause is not cut short, the end ends it', async () => {
    const wake = new Wake();
    const ending = new AbortController();
    wake.up();
    expect(await wake.wait(60_000, ending.signal)).toBe(true);
    expect(await wake.wait(1, ending.signal)).toBe(false);
    const waiting = wake.wait(60_000, ending.signal);
    wake.up();
    expect(await waiting).toBe(true);
    let over = false;
    const pausing = wake.pause(60_000, ending.signal).then(() => (over = true));
    wake.up();
    await Promise.resolve();
    expect(over).toBe(false);
    ending.abort();
    await pausing;
    expect(await wake.wait(60_000, ending.signal)).toBe(true);
  });
});
