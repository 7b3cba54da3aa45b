import { stringify } from 'yaml';

/** A document as YAML that people read: block style, no anchors, long text folded never. */
export function printYaml(value: unknown): string {
  return stringify(value, { aliasDuplicateObjects: false, lineWidth: 0 });
}
