import { CRD_DEFINITIONS } from '../../schemas/published/crd-definitions.ts';
import { toCrd } from '../../schemas/published/to-crd.ts';
import type { Generated } from './registry.ts';

/** CustomResourceDefinitions for clusters. */
export const generated: Generated[] = CRD_DEFINITIONS.map((definition) => ({
  path: `crds/${definition.plural}.yaml`,
  make: () => Promise.resolve(toCrd(definition)),
}));
