import { ambientTimeRule } from './ambient-time.ts';
import { boundariesRule } from './boundaries.ts';

// oxlint loads a plugin through its default export; the one place in the project that has one beside configuration files.
export default {
  meta: { name: 'project' },
  rules: { boundaries: boundariesRule, 'ambient-time': ambientTimeRule },
};
