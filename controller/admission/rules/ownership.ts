import type { FieldPath, FindingDraft } from '../../apis/finding.ts';
import type { Rule, Subject } from '../subject.ts';

/** The door may write this namespace. */
export const namespaceRule: Rule = {
  name: 'namespace',
  reads: ['metadata'],
  judge({ namespace }, { door }): FindingDraft[] {
    if (door.namespaces?.has(namespace) ?? true) return [];
    return [
      {
        at: ['metadata', 'namespace'],
        reason: 'NamespaceNotAllowed',
        message: `this door may not write to namespace ${JSON.stringify(namespace)}`,
      },
    ];
  },
};

/** The door may act for owner and project. */
export const ownerRule: Rule = {
  name: 'owner',
  reads: ['owner', 'projectId'],
  judge(subject, { door }): FindingDraft[] {
    const { owner, projectId } = subject.spec;
    if (door.mayActFor?.(owner, projectId) ?? true) return [];
    const whom = `${owner.type} ${owner.id}${projectId === undefined ? '' : ` in project ${projectId}`}`;
    return [{ at: ownerAt(subject), reason: 'OwnerNotAllowed', message: `this door may not act for ${whom}` }];
  },
};

/** Owner, project and type are what they were. */
export const immutableRule: Rule = {
  name: 'immutable',
  reads: ['metadata', 'owner', 'projectId', 'type'],
  judge(subject, context): FindingDraft[] {
    const before = context.previous?.(subject.namespace, subject.name);
    if (before === undefined) return [];
    const { owner, projectId, type } = subject.spec;
    const found: FindingDraft[] = [];
    const sameOwner = before.owner.type === owner.type && before.owner.id.toLowerCase() === owner.id.toLowerCase();
    if (!sameOwner) found.push(changed(ownerAt(subject), `the owner is ${before.owner.type} ${before.owner.id} and cannot change`));
    if (before.projectId !== projectId) {
      found.push(changed([subject.ownedIn, 'projectId'], `the project is ${before.projectId ?? 'not set'} and cannot change`));
    }
    if (before.connectorKey !== type) found.push(changed(['spec', 'type'], `the type is ${before.connectorKey} and cannot change`));
    return found;
  },
};

function ownerAt(subject: Subject): FieldPath {
  return [subject.ownedIn, 'owner'];
}

function changed(at: FieldPath, message: string): FindingDraft {
  return { at, reason: 'FieldImmutable', message };
}
