import type { Subject, Visibility } from '../../apis/gateway-ports.ts';
import type { Actor } from '../../apis/rows.ts';

/** What a request wants to do. */
export type Permission =
  /** See connectors, runs, types. */
  | 'read'
  /** See what connectors collected; grants for clients come with grants. */
  | 'read_records'
  /** Submit and remove documents, run, cancel, pause. */
  | 'manage'
  /** What concerns the installation: sources, tokens, every audit row. */
  | 'operate';

const permissions: Readonly<Record<Subject['kind'], readonly Permission[]>> = {
  operator: ['read', 'read_records', 'manage', 'operate'],
  owner_session: ['read', 'read_records', 'manage'],
  owner_agent: ['read', 'read_records', 'manage'],
  // A client reads through grants and a device uploads for its binding; neither has anything to see here.
  client: [],
  device: [],
};

/** Default deny: what the table does not name is refused. */
export function may(subject: Subject, permission: Permission): boolean {
  return permissions[subject.kind].includes(permission);
}

/** What a subject sees: the connectors of its owner, in its project if it has one, in its namespaces. An operator sees all. */
export function visibilityOf(subject: Subject): Visibility {
  const { namespaces, owner, projectId } = subject;
  return subject.kind === 'operator' ? { namespaces, owner: null, projectId: null } : { namespaces, owner, projectId };
}

/** A subject as audit rows keep it; that an operator acts for every owner is said there. */
export function actorOf(subject: Subject): Actor {
  return { kind: subject.kind, name: subject.subject, ...(subject.kind === 'operator' ? { acts_for_every_owner: true } : {}) };
}
