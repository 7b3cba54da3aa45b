import { apiError } from '../../apis/errors.ts';
import type { LabelTerm } from '../../apis/gateway-ports.ts';

const term = /^(?:(!)\s*([^=!,\s]+)|([^=!,\s]+)\s*(?:(==?|!=)\s*([^=!,\s]*))?)$/;

/** Reads a label selector: `team=mail,tier!=test,owner,!legacy`. Throws `RequestInvalid` for what it cannot read. */
export function parseLabelSelector(text: string): LabelTerm[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(parseTerm);
}

function parseTerm(part: string): LabelTerm {
  const match = term.exec(part);
  if (match === null)
    throw apiError('RequestInvalid', { problem: `label_selector: «${part}» is none of key=value, key!=value, key, !key` });
  const [, not, absentKey, key, operator, value] = match;
  if (not !== undefined) return { key: absentKey as string, operator: 'absent', value: '' };
  if (operator === undefined) return { key: key as string, operator: 'exists', value: '' };
  return { key: key as string, operator: operator === '!=' ? 'differs' : 'equals', value: value ?? '' };
}

/** Whether labels fit every term; the same rule as the store's. */
export function matchesLabels(labels: Readonly<Record<string, string>>, terms: readonly LabelTerm[]): boolean {
  return terms.every(({ key, operator, value }) => {
    const found = Object.hasOwn(labels, key) ? labels[key] : undefined;
    if (operator === 'exists') return found !== undefined;
    if (operator === 'absent') return found === undefined;
    return operator === 'equals' ? found === value : found !== value;
  });
}
