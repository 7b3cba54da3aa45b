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
