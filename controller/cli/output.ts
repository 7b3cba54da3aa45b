import { styleText } from 'node:util';
import { terminalText } from './terminal-text.ts';

/** Where a command writes: data on stdout, messages on stderr, colour only on a terminal, which gets no control characters. */
export interface Output {
  /** Data, with a line end at its end; nothing for an empty text. */
  data(text: string): void;
  /** A piece of data as it is; resolves when the reader may get the next. */
  raw(piece: string | Uint8Array): Promise<void>;
  message(text: string): void;
  readonly colour: boolean;
}

/** The process's own streams. A reader that went away (`| head`) ends the command quietly. */
export function processOutput(env: Readonly<Record<string, string | undefined>>): Output {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(0);
      throw error;
    });
  }
  const safe = (text: string, stream: NodeJS.WriteStream): string => (stream.isTTY ? terminalText(text) : text);
  return {
    data(text) {
      if (text !== '') process.stdout.write(safe(text.endsWith('\n') ? text : `${text}\n`, process.stdout));
    },
    async raw(piece) {
      const shown = typeof piece === 'string' ? safe(piece, process.stdout) : piece;
      if (!process.stdout.write(shown)) await new Promise<void>((resolve) => process.stdout.once('drain', resolve));
    },
    message: (text) => void process.stderr.write(`${safe(text, process.stderr)}\n`),
    colour: process.stdout.isTTY && !env['NO_COLOR'],
  };
}

/** A column: its header, and what it shows of a row. */
export interface Column<Row> {
  readonly header: string;
  show(row: Row): string;
}

/** A table as kubectl prints it: upper-case header, three spaces between columns, no trailing ones. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[], colour = false): string {
  const cells = [columns.map((column) => column.header), ...rows.map((row) => columns.map((column) => column.show(row)))];
  const widths = columns.map((_, at) => Math.max(...cells.map((line) => (line[at] as string).length)));
  const render = (line: string[]): string =>
    line
      .map((cell, at) => paint(cell.padEnd(widths[at] as number), colour))
      .join('   ')
      .trimEnd();
  return `${cells.map(render).join('\n')}\n`;
}

/** Paints words that tell good from bad, and nothing else. */
function paint(cell: string, colour: boolean): string {
  if (!colour) return cell;
  const word = cell.trimEnd();
  if (/^(True|succeeded|active)$/.test(word)) return styleText('green', cell, { validateStream: false });
  if (/^(False|failed|error|abandoned|credential_expired)$/.test(word)) return styleText('red', cell, { validateStream: false });
  if (/^(Unknown|provisioning|pending|starting|running|degraded)$/.test(word)) return styleText('yellow', cell, { validateStream: false });
  return cell;
}

/** Time between two moments as kubectl writes ages: `45s`, `12m`, `3h`, `5d`. */
export function age(from: Date, to: Date): string {
  const seconds = Math.max(0, Math.round((to.getTime() - from.getTime()) / 1000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}

/** A moment relative to now: `5m ago`, `in 3h`, `-` for none. */
export function relativeTime(moment: string | undefined | null, now: Date): string {
  if (!moment) return '-';
  const at = new Date(moment);
  return at.getTime() > now.getTime() ? `in ${age(now, at)}` : `${age(at, now)} ago`;
}
