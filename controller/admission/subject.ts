import type { ConnectorSpec } from '../../schemas/connector.ts';
import type { RegisteredType, TypeResolution } from '../apis/catalog.ts';
import type { FindingDraft } from '../apis/finding.ts';
import type { AdmissionContext } from './context.ts';

/** A part of a document that a rule reads. */
export type SubjectPart = keyof ConnectorSpec | 'metadata';

/** The document as the rules see it. */
export interface Subject {
  /** As authored, nulls left out, owner where it was written. */
  authored: Record<string, unknown>;
  namespace: string;
  name: string;
  /** Normalised. A part with a schema fault may be anything: a rule that reads it is not asked. */
  spec: ConnectorSpec;
  /** Where owner and projectId were written: metadata or spec. */
  ownedIn: 'metadata' | 'spec';
  /** Undefined when type or typeVersion have schema faults. */
  resolution: TypeResolution | undefined;
}

/** One small judgement. */
export interface Rule {
  name: string;
  /** Parts that must be free of schema faults for the rule to be asked. */
  reads: readonly SubjectPart[];
  judge(subject: Subject, context: AdmissionContext): FindingDraft[];
}

/** The type of the document; undefined while it does not resolve, which the type rule tells. */
export function typeOf(subject: Subject): RegisteredType | undefined {
  return subject.resolution?.outcome === 'found' ? subject.resolution.type : undefined;
}
