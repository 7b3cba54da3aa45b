import type { FindingDraft } from '../../apis/finding.ts';
import type { Rule } from '../subject.ts';

/** The runner is there. */
export const executionRule: Rule = {
  name: 'execution',
  reads: ['execution'],
  judge({ spec }, { cluster }): FindingDraft[] {
    if (spec.execution?.runner !== 'pod' || cluster) return [];
    return [{ at: ['spec', 'execution', 'runner'], reason: 'RunnerUnavailable', message: 'runs cannot be pods: no cluster is configured' }];
  },
};

/** A staged change would wait for ever: there is no way to approve one. */
export const rolloutRule: Rule = {
  name: 'rollout',
  reads: ['rollout'],
  judge({ spec }): FindingDraft[] {
    if (spec.rollout?.strategy !== 'Staged') return [];
    return [
      {
        at: ['spec', 'rollout', 'strategy'],
        reason: 'RolloutUnavailable',
        message: 'changes come into force at once: staged rollouts are not offered',
      },
    ];
  },
};
