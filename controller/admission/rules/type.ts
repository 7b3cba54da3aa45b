import type { FindingDraft } from '../../apis/finding.ts';
import type { Rule } from '../subject.ts';

const MOST_NAMED = 20;

/** The type is registered, in a version that fits, and may be used in this namespace. */
export const typeRule: Rule = {
  name: 'type',
  reads: ['type', 'typeVersion'],
  judge({ resolution, spec, namespace }, context): FindingDraft[] {
    if (resolution?.outcome === 'unknown_key') {
      const hint =
        resolution.known.length === 0
          ? 'No type is registered: name a folder of types with --types.'
          : `Registered: ${named(resolution.known)}.`;
      return [{ at: ['spec', 'type'], reason: 'TypeUnknown', message: `no type ${JSON.stringify(spec.type)} is registered`, hint }];
    }
    if (resolution?.outcome === 'unknown_version') {
      const message = `type ${JSON.stringify(spec.type)} has no version ${JSON.stringify(spec.typeVersion)}`;
      return [{ at: ['spec', 'typeVersion'], reason: 'TypeVersionUnknown', message, hint: `Registered: ${named(resolution.available)}.` }];
    }
    if (context.allowsType?.(spec.type, namespace) ?? true) return [];
    const message = `type ${JSON.stringify(spec.type)} may not be used in namespace ${JSON.stringify(namespace)}`;
    return [{ at: ['spec', 'type'], reason: 'TypeNotAllowed', message }];
  },
};

function named(names: readonly string[]): string {
  const more = names.length - MOST_NAMED;
  return names.slice(0, MOST_NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
