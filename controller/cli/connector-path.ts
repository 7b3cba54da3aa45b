import { CommandFailure } from './failure.ts';

/** A connector as named on the command line: `name` or `namespace/name`. */
export interface ConnectorRef {
  readonly namespace: string;
  readonly name: string;
}

/** Reads `name` (in the given namespace) or `namespace/name`. */
export function connectorRef(text: string, namespace: string): ConnectorRef {
  const parts = text.split('/');
  const [first = '', second] = parts;
  if (parts.length > 2 || first === '' || second === '') throw new CommandFailure(`«${text}» is neither NAME nor NAMESPACE/NAME`, 2);
  return second === undefined ? { namespace, name: first } : { namespace: first, name: second };
}

/** Path of a connector in the API, with an optional tail such as `/runs`. */
export function connectorPath(ref: ConnectorRef, tail = ''): string {
  return `/v1/namespaces/${encodeURIComponent(ref.namespace)}/connectors/${encodeURIComponent(ref.name)}${tail}`;
}
