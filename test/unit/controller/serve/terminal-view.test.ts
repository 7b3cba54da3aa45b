import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import type { ReadConnector } from '../../../../controller/apis/gateway-ports.ts';
import { TerminalView } from '../../../../controller/serve/terminal-view.ts';

const ESCAPE = '\u001b';
/** Up so many lines, clear all below, then text. */
const ERASE_AND_WRITE = new RegExp(`^(?:${ESCAPE}\\[(\\d+)F${ESCAPE}\\[J)?([^]*)$`);

/** A terminal that does what the two escape sequences of the view say. */
class FakeTerminal {
  lines: string[] = [''];
  readonly isTerminal: boolean;
  readonly sharesLog: boolean;
  width = 200;

  constructor({ isTerminal }: { isTerminal: boolean }) {
    this.isTerminal = isTerminal;
    this.sharesLog = isTerminal;
  }

  columns(): number {
    return this.width;
  }

  write(text: string): void {
    const [, up, rest] = ERASE_AND_WRITE.exec(text) as unknown as [string, string | undefined, string];
    if (up !== undefined) this.lines.splice(this.lines.length - 1 - Number(up), Number(up) + 1, '');
    for (const part of rest.split(/(?<=\n)/)) {
      this.lines[this.lines.length - 1] += part.replace('\n', '');
      if (part.endsWith('\n')) this.lines.push('');
    }
  }

  /** What a person sees, without colour and empty lines. */
  seen(): string[] {
    return this.lines.map(stripVTControlCharacters).filter((line) => line !== '');
  }
}

interface Facts {
  readonly ready?: string;
  readonly reason?: string;
  readonly run?: { state: string; reason?: string; records: number; finishedAt?: string };
}

function connector(name: string, { ready = 'True', reason = 'Converged', run }: Facts = {}): ReadConnector {
  const conditions = [{ type: 'Ready', status: ready, reason, message: '', lastTransitionTime: '2026-01-01T00:00:00Z' }];
  const status = { conditions, phase: 'active', ...(run === undefined ? {} : { lastRun: { id: 'r', ...run } }) };
  return { view: { metadata: { name }, spec: { type: 'counter' }, status } } as unknown as ReadConnector;
}

const FINISHED = '2026-01-01T00:00:00Z';

describe('on a terminal', () => {
  test('the table stays below: what is said or logged stands above it and nothing is lost', () => {
    const terminal = new FakeTerminal({ isTerminal: true });
    const view = new TerminalView(terminal);
    view.say('API http://here');
    view.show([connector('one')], 1);
    view.log('a line of the log\n');
    view.show([connector('one'), connector('two')], 2);
    view.log('another\n');
    expect(terminal.seen()).toEqual([
      'API http://here',
      'a line of the log',
      'another',
      'NAME   READY   PHASE    TYPE      LAST RUN   RECORDS   WHY',
      'one    True    active   counter   -          -',
      'two    True    active   counter   -          -',
    ]);
  });

  test('an unchanged table is not drawn again', () => {
    const terminal = new FakeTerminal({ isTerminal: true });
    const view = new TerminalView(terminal);
    view.show([connector('one')], 1);
    const before = [...terminal.lines];
    terminal.write = () => {
      throw new Error('nothing is to be written');
    };
    view.show([connector('one')], 1);
    expect(terminal.lines).toEqual(before);
  });

  test('says why a connector is not Ready and why its run failed', () => {
    const terminal = new FakeTerminal({ isTerminal: true });
    const run = { state: 'failed', reason: 'connector_protocol_violation', records: 3, finishedAt: FINISHED };
    new TerminalView(terminal).show([connector('one', { ready: 'False', reason: 'LastRunFailed', run })], 1);
    expect(terminal.seen()[1]).toMatch(/^one +False +active +counter +failed +3 +LastRunFailed: connector_protocol_violation$/);
  });

  test('counts what does not fit, and cuts lines that would wrap: a wrapped line is two to draw over', () => {
    const terminal = new FakeTerminal({ isTerminal: true });
    terminal.width = 30;
    const view = new TerminalView(terminal);
    view.show(
      Array.from({ length: 25 }, (_, n) => connector(`connector-${n}`)),
      31,
    );
    expect(terminal.seen()).toHaveLength(1 + 20 + 1);
    expect(terminal.seen().at(-1)).toBe('and 11 more: connectorctl get connectors');
    expect(
      Math.max(
        ...terminal
          .seen()
          .slice(0, -1)
          .map((line) => line.length),
      ),
    ).toBe(29);
  });

  test('after the end the table is left alone', () => {
    const terminal = new FakeTerminal({ isTerminal: true });
    const view = new TerminalView(terminal);
    view.show([connector('one')], 1);
    view.leave();
    view.show([connector('late')], 1);
    view.log('runtime stopped\n');
    expect(terminal.seen().slice(1)).toEqual([expect.stringContaining('one'), 'runtime stopped']);
  });
});

describe('without a terminal', () => {
  test('each connector that changed is a line, one that went too, and no escape sequence is written', () => {
    const file = new FakeTerminal({ isTerminal: false });
    const view = new TerminalView(file);
    view.show([connector('one'), connector('two')], 2);
    view.show([connector('one', { run: { state: 'succeeded', records: 5, finishedAt: FINISHED } })], 1);
    expect(view.takesLog).toBe(false);
    expect(file.lines.join('\n')).not.toContain(ESCAPE);
    expect(file.seen().map((line) => line.replace(/ +/g, ' '))).toEqual([
      'NAME READY PHASE TYPE LAST RUN RECORDS WHY',
      'one True active counter - -',
      'two True active counter - -',
      'NAME READY PHASE TYPE LAST RUN RECORDS WHY',
      'one True active counter succeeded 5',
      'two is gone',
    ]);
  });
});
