import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Session } from '../sdk/session.ts';
import { parseCommit } from './commit-object.ts';
import type { Repository } from './repository.ts';

const nul = 0;
const newline = 10;
const progressEvery = 10_000;

/** `tip`: the newest commit that was collected. `shallow`: digest of where a shallow clone is cut off; null when it is whole. */
export interface CommitCursor extends Readonly<Record<string, unknown>> {
  readonly tip: string | null;
  readonly shallow: string | null;
}

/** What was found, and what the last run left behind. */
export interface CommitSituation {
  readonly tip: string | undefined;
  /** The stored tip. */
  readonly known: string | undefined;
  /** Is the repository as whole, or cut off where it was? False on a first run. */
  readonly isSameDepth: boolean;
  readonly isFullRefresh: boolean;
  /** Is the commit of the stored tip still in the repository, if only unreachable? */
  readonly isKnownThere: boolean;
}

/** `range`: arguments of rev-list for what to send, null for nothing. */
export interface CommitPlan {
  readonly range: readonly string[] | null;
  readonly moved: boolean;
}

/**
 * Decides what to send: what the tip reaches and the last collected tip did not. Where a shallow clone was deepened, commits appeared
 * below the known tip, and where that is gone nothing can be compared: all are sent again, and unchanged ones cost nothing.
 */
export function planCommits({ tip, known, isSameDepth, isFullRefresh, isKnownThere }: CommitSituation): CommitPlan {
  const moved = known !== tip || !isSameDepth;
  if (tip === undefined || !(moved || isFullRefresh)) return { range: null, moved };
  const goesOn = isKnownThere && isSameDepth && !isFullRefresh;
  return { range: goesOn ? [tip, `^${known}`] : [tip], moved };
}

/** Sends new commits, newest first, and deletes those that are no longer reached: that is how a rewritten history (force push, other branch) ends. */
export async function collectCommits(session: Session, repository: Repository): Promise<void> {
  const { tip } = repository;
  const stored = session.storedCursor('commits') as CommitCursor | null;
  const shallow = await shallowDigest(repository.gitDir);
  const known = stored?.tip ?? undefined;
  const isKnownThere = await isStillThere(repository, known);
  const isFullRefresh = session.cursor('commits') === null;
  const plan = planCommits({ tip, known, isSameDepth: stored?.shallow === shallow, isFullRefresh, isKnownThere });
  if (known !== undefined && known !== tip) await removeVanished(session, repository, { known, isKnownThere });
  if (plan.range !== null) await sendCommits(session, repository, plan.range);
  if (plan.moved) await session.checkpoint('commits', { tip: tip ?? null, shallow });
}

async function isStillThere({ tip, recover }: Repository, known: string | undefined): Promise<boolean> {
  if (known === undefined) return false;
  return known === tip || recover(known);
}

async function sendCommits(session: Session, repository: Repository, range: readonly string[]): Promise<void> {
  let count = 0;
  for await (const part of repository.git.split(['rev-list', '--header', '--encoding=UTF-8', ...range, '--'], nul)) {
    const commit = parseCommit(part);
    await session.record('commits', commit.sha, commit);
    count += 1;
    if (count % progressEvery === 0) await session.progress(`${count} commits`, { stream: 'commits', count });
  }
  await session.progress(`${count} commits`, { stream: 'commits', count });
}

async function removeVanished(session: Session, { git, tip }: Repository, before: { known: string; isKnownThere: boolean }): Promise<void> {
  if (!before.isKnownThere) {
    const message = `History was rewritten and commit ${before.known} is gone: what it reached cannot be told from the rest; reset to drop it`;
    return session.skip('commits', 'history_rewritten', message, 'manual_action_required');
  }
  const range = tip === undefined ? [before.known] : [before.known, `^${tip}`];
  let count = 0;
  for await (const sha of git.split(['rev-list', ...range, '--'], newline)) {
    await session.remove('commits', sha.toString('ascii'));
    count += 1;
  }
  if (count > 0) await session.progress(`history was rewritten: ${count} commits are gone`, { stream: 'commits', count });
}

async function shallowDigest(gitDir: string): Promise<string | null> {
  try {
    return createHash('sha256')
      .update(await readFile(path.join(gitDir, 'shallow')))
      .digest('hex');
  } catch {
    // No such file: the repository is whole.
    return null;
  }
}
