import type { CollectionSpec, ConnectorSpec, CredentialsSpec, ExecutionSpec, LimitsSpec, ScheduleSpec } from './connector.ts';
import type { PolicyBinding } from './policy-template.ts';

/** A schedule with every choice made; exactly one of every and cron is there. */
export type EffectiveSchedule = ScheduleSpec & Required<Pick<ScheduleSpec, 'timeZone' | 'suspend' | 'missedRuns'>>;

/** Desired state with every default filled in: what the controller acts on. Never stored, hashed or shown as the spec. */
export type EffectiveConnectorSpec = Omit<
  ConnectorSpec,
  | 'enabled'
  | 'mode'
  | 'config'
  | 'credentials'
  | 'policy'
  | 'limits'
  | 'schedule'
  | 'collection'
  | 'execution'
  | 'deletionPolicy'
  | 'rollout'
> & {
  enabled: boolean;
  mode: 'Manage' | 'Observe';
  config: Record<string, unknown>;
  credentials: CredentialsSpec;
  /** What is left out here allows nothing by itself; a template alone stands for itself. */
  policy: PolicyBinding;
  limits: LimitsSpec & Required<Omit<LimitsSpec, 'rateLimit'>>;
  /** Absent: runs start only when asked. */
  schedule?: EffectiveSchedule;
  collection: CollectionSpec & Required<Omit<CollectionSpec, 'streams'>>;
  execution: ExecutionSpec & Required<Omit<ExecutionSpec, 'resources'>>;
  deletionPolicy: 'Uninstall' | 'Disable' | 'Retain';
  rollout: { strategy: 'Immediate' | 'Staged' };
};

/** Fills in the defaults. Pure; the input is not changed. The schemas carry none, so that the revision depends on what was written. */
export function withDefaults(spec: ConnectorSpec): EffectiveConnectorSpec {
  const { schedule, ...rest } = spec;
  return {
    ...rest,
    enabled: spec.enabled ?? true,
    mode: spec.mode ?? 'Manage',
    config: spec.config ?? {},
    credentials: spec.credentials ?? { mode: 'none' },
    policy: spec.policy ?? {},
    limits: { maxParallelInvocations: 4, queueDepth: 100, backpressure: 'reject', ...spec.limits },
    ...(schedule === undefined ? {} : { schedule: { timeZone: 'UTC', suspend: false, missedRuns: 'RunOnce', ...schedule } }),
    collection: { mode: 'incremental', checkpointPolicy: 'AtDone', accessMode: 'continuous', ...spec.collection },
    execution: { runner: 'subprocess', timeoutSeconds: 3_600, ...spec.execution },
    deletionPolicy: spec.deletionPolicy ?? 'Uninstall',
    rollout: { strategy: spec.rollout?.strategy ?? 'Immediate' },
  };
}
