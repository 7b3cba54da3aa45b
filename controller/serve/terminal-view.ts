import type { ReadConnector } from '../apis/gateway-ports.ts';

/** Where the view writes and whether it may draw over itself. */
export interface Screen {
  write(text: string): void;
  readonly isTerminal: boolean;
}

/** Most connectors that are shown; the rest is counted. */
const MAX_ROWS = 20;

/** The table of connectors in the terminal: redrawn in place on a terminal, elsewhere a line for each connector that changed. */
export class TerminalView {
  readonly #screen: Screen;
  #drawnLines = 0;
  #shown = new Map<string, string>();

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  /** Says something above the table. */
  say(text: string): void {
    this.#screen.write(`${this.#erase()}${text}\n`);
  }

  /** Shows the connectors as they are now; `total` counts those beyond the rows. */
  show(connectors: readonly ReadConnector[], total: number): void {
    const rows = connectors.slice(0, MAX_ROWS).map(rowOf);
    const lines = new Map(rows.map((row) => [row.name, lineOf(row)]));
    const fresh = [...lines].filter(([name, line]) => this.#shown.get(name) !== line);
    const gone = [...this.#shown.keys()].filter((name) => !lines.has(name));
    if (fresh.length === 0 && gone.length === 0) return;
    this.#shown = lines;
    if (this.#screen.isTerminal) this.#redraw([...lines.values()], total);
    else this.#screen.write(fresh.map(([, line]) => `${line}\n`).join('') + gone.map((name) => `${name} removed\n`).join(''));
  }

  #redraw(lines: readonly string[], total: number): void {
    const more = total > lines.length ? [`and ${total - lines.length} more: connectorctl get connectors`] : [];
    const text = [lineOf(header), ...lines, ...more];
    this.#screen.write(`${this.#erase()}${text.join('\n')}\n`);
    this.#drawnLines = text.length;
  }

  #erase(): string {
    const lines = this.#drawnLines;
    this.#drawnLines = 0;
    return lines === 0 ? '' : `\u001b[${lines}A\u001b[J`;
  }
}

interface Row {
  readonly name: string;
  readonly ready: string;
  readonly phase: string;
  readonly type: string;
  readonly run: string;
}

const header: Row = { name: 'NAME', ready: 'READY', phase: 'PHASE', type: 'TYPE', run: 'LAST RUN' };

function rowOf({ view }: ReadConnector): Row {
  const ready = view.status.conditions?.find((condition) => condition.type === 'Ready');
  const run = view.status.lastRun;
  return {
    name: view.metadata.name,
    ready: ready === undefined ? 'Unknown' : ready.status === 'True' ? 'True' : `${ready.status} (${ready.reason})`,
    phase: view.status.phase ?? '-',
    type: view.spec.type,
    run: run === undefined ? '-' : `${run.state}${run.reason === undefined ? '' : ` (${run.reason})`}, ${run.records} records`,
  };
}

function lineOf({ name, ready, phase, type, run }: Row): string {
  return `${name.padEnd(20)} ${ready.padEnd(10)} ${phase.padEnd(13)} ${type.padEnd(14)} ${run}`.trimEnd();
}
