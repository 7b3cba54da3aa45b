import type { PolicyTemplateSpec } from '../../schemas/policy-template.ts';
import type { Owner } from '../../schemas/fields/metadata.ts';
import type { CredentialsSpec, ScheduleSpec } from '../../schemas/connector.ts';
import type { CatalogView } from '../apis/catalog.ts';
import type { SchemaCompiler } from './schema/compile-schema.ts';

/** What a door may write. */
export interface DoorScope {
  /** Namespace of a document that names none. */
  defaultNamespace: string;
  /** Namespaces that the door may write; all if left out. */
  namespaces?: ReadonlySet<string>;
  /** Whether the door may act for this owner and project; any if left out. */
  mayActFor?: (owner: Owner, projectId: string | undefined) => boolean;
}

/** The parts of the last accepted revision that never change. */
export interface PreviousConnector {
  owner: Owner;
  projectId: string | undefined;
  connectorKey: string;
}

/** The most that owner and project may have; undefined parts are unbounded. */
export interface PolicyCeiling {
  operations?: ReadonlySet<string>;
  actions?: ReadonlySet<string>;
}

/** One thing that is wrong with a schedule. */
export interface ScheduleFault {
  /** Path below spec.schedule; empty for the schedule as a whole. */
  at: readonly string[];
  message: string;
  hint?: string;
}

/** A configured credential provider. */
export type ProviderKind = 'env' | 'file' | 'kubernetes' | 'cynode-vault' | 'vault' | 'kmsblob' | 'oauth';

/** Everything that admission asks of the world, as values and pure functions. */
export interface AdmissionContext {
  catalog: CatalogView;
  compiler: SchemaCompiler;
  door: DoorScope;
  /** Reads the schedule: exactly one of every and cron, time zone, durations; empty when it is good. */
  parseSchedule: (schedule: ScheduleSpec) => readonly ScheduleFault[];
  /** Configured credential providers by name. */
  providers: ReadonlyMap<string, ProviderKind>;
  /** Ways of supplying credentials that work here. */
  credentialModes: ReadonlySet<CredentialsSpec['mode']>;
  /** Whether a cluster door is configured, so that runs can be pods. */
  cluster: boolean;
  /** The last accepted revision under this key. */
  previous?: (namespace: string, name: string) => PreviousConnector | undefined;
  /** Whether a type may be used in a namespace; any if left out. */
  allowsType?: (connectorKey: string, namespace: string) => boolean;
  /** Server-side ceiling for owner and project; unbounded if left out. */
  ceiling?: (owner: Owner, projectId: string | undefined) => PolicyCeiling;
  /** Templates beside those of the catalog. */
  policyTemplates?: ReadonlyMap<string, PolicyTemplateSpec>;
}
