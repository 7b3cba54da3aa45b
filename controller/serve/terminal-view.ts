import type { LastRun } from '../../schemas/status.ts';
import type { ReadConnector } from '../apis/gateway-ports.ts';
import { type Column, table } from '../cli/output.ts';

/** Where the view writes and what it may do there. */
export interface Screen {
  write(text: string): void;
  readonly isTerminal: boolean;
  /** Log lines end on the same terminal, so the table has to make way for them. */
  readonly sharesLog: boolean;
  /** Width of the terminal: a line that wraps would be two. Asked each time, since it changes. */
  columns(): number;
}

/** Most connectors that are shown; the rest is counted. */
const MAX_ROWS = 20;

/**
 * The table of connectors in the terminal: always below everything else, drawn anew in place. Without a terminal it is a line for each
 * connector that changed.
 */
export class TerminalView {
  readonly #screen: Screen;
  /** Lines that stand on the terminal and are drawn over. */
  #drawn: readonly string[] = [];
  #shown = new Map<string, string>();
  #left = false;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  /** Whether log lines are to come through `log`. */
  get takesLog(): boolean {
    return this.#screen.sharesLog;
  }

  /** Says something above the table. */
  say(text: string): void {
    this.log(`${text}\n`);
  }

  /** A line of the log with its line end, above the table. */
  log(line: string): void {
    this.#screen.write(`${this.#erase()}${line}${textOf(this.#drawn)}`);
  }

  /** Shows the connectors as they are now; `total` counts those beyond the rows. */
  show(connectors: readonly ReadConnector[], total: number): void {
    if (this.#left) return;
    const rows = connectors.slice(0, MAX_ROWS).map(rowOf);
    const facts = new Map(rows.map((row) => [row.name, JSON.stringify(row)]));
    const fresh = rows.filter(({ name }) => this.#shown.get(name) !== facts.get(name));
    const gone = [...this.#shown.keys()].filter((name) => !facts.has(name));
    if (fresh.length === 0 && gone.length === 0) return;
    this.#shown = facts;
    if (this.#screen.isTerminal) return this.#redraw(rows, total);
    if (fresh.length > 0) this.#screen.write(table(columns, fresh));
    for (const name of gone) this.#screen.write(`${name} is gone\n`);
  }

  /** The table stays as it is; whatever comes after stands below it. */
  leave(): void {
    this.#left = true;
    this.#drawn = [];
  }

  #redraw(rows: readonly Row[], total: number): void {
    const more = total > rows.length ? [`and ${total - rows.length} more: connectorctl get connectors`] : [];
    const erase = this.#erase();
    this.#drawn = ['', ...this.#fitting(rows), ...more];
    this.#screen.write(`${erase}${textOf(this.#drawn)}`);
  }

  /** Lines of the table, cut to the terminal. Only what needs no cut is coloured: escape sequences have no width. */
  #fitting(rows: readonly Row[]): string[] {
    const lines = table(columns, rows).trimEnd().split('\n');
    const width = this.#screen.columns() - 1;
    if (lines.some((line) => line.length > width)) return lines.map((line) => line.slice(0, width));
    return table(columns, rows, true).trimEnd().split('\n');
  }

  #erase(): string {
    // To the first column of the first line: Ctrl-C has been echoed beside the cursor.
    return this.#drawn.length === 0 ? '' : `\u001b[${this.#drawn.length}F\u001b[J`;
  }
}

function textOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

interface Row {
  readonly name: string;
  readonly ready: string;
  readonly phase: string;
  readonly type: string;
  readonly run: string;
  readonly records: string;
  readonly why: string;
}

const columns: readonly Column<Row>[] = [
  { header: 'NAME', show: (row) => row.name },
  { header: 'READY', show: (row) => row.ready },
  { header: 'PHASE', show: (row) => row.phase },
  { header: 'TYPE', show: (row) => row.type },
  { header: 'LAST RUN', show: (row) => row.run },
  { header: 'RECORDS', show: (row) => row.records },
  { header: 'WHY', show: (row) => row.why },
];

function rowOf({ view }: ReadConnector): Row {
  const { conditions = [], lastRun, phase = '-' } = view.status;
  const ready = conditions.find((condition) => condition.type === 'Ready') ?? { status: 'Unknown', reason: '' };
  const reasons = [ready.status === 'True' ? '' : ready.reason, lastRun?.reason ?? ''];
  return {
    name: view.metadata.name,
    ready: ready.status,
    phase,
    type: view.spec.type,
    ...runCells(lastRun),
    why: reasons.filter((reason) => reason !== '').join(': '),
  };
}

function runCells(run: LastRun | undefined): Pick<Row, 'run' | 'records'> {
  if (run === undefined) return { run: '-', records: '-' };
  return { run: run.state, records: run.finishedAt === undefined ? '-' : String(run.records) };
}
