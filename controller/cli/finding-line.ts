/** One finding of a refused document. */
export interface FindingView {
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly path: string;
  readonly reason: string;
  readonly message: string;
  readonly hint: string;
}

/** `FILE:LINE:COLUMN: path: Reason: message (hint)`, on one line whatever the message holds. */
export function findingLine({ file, line, column, path, reason, message, hint }: FindingView, fallbackFile: string): string {
  const place = `${file ?? fallbackFile}:${line ?? 1}:${column ?? 1}`;
  return `${place}: ${path === '' ? 'document' : path}: ${reason}: ${message} (${hint})`.replaceAll(/[\r\n\u2028\u2029]+/g, ' ');
}
