import { isFault } from '../../../platform/errors.ts';
import type { TerminalReason } from '../../../schemas/terminal-reasons.ts';
import type { ConnectorExit, SandboxChild } from '../../apis/sandbox.ts';
import type { ConnectorMessage, DoneMessage } from '../../protocol/messages/message.ts';
import type { RunFault } from '../../protocol/outcome.ts';
import type { ProtocolSession } from '../../protocol/session.ts';
import { type Line, LineSplitter } from '../../protocol/wire/framing.ts';
import { ownFault } from '../own-fault.ts';
import type { RunTimings } from '../prepare/run-limits.ts';
import type { RunStop, StopCause } from '../run-stop.ts';
import { PatienceTimers } from './patience-timers.ts';

/** What is acted on while the connector collects; DONE ends that. */
export type CollectedMessage = Exclude<ConnectorMessage, DoneMessage>;

/** What a conversation is held with. */
export interface ConversationParts {
  readonly child: SandboxChild;
  readonly session: ProtocolSession;
  readonly stop: RunStop;
  readonly timings: RunTimings;
  readonly maxLineBytes: number;
  /** Acts on one message. Waiting in here is what holds the connector back: its stdout is not read meanwhile. */
  onMessage(message: CollectedMessage): Promise<void> | undefined;
  /** Makes everything that was accepted durable, before stdin is closed. */
  onDone(): Promise<void>;
}

/** How a conversation ended, for the order of decision of protocol A13. */
export interface ConversationEnd {
  readonly exit: ConnectorExit;
  /** The first cause of our own side; null when the connector's own words decide. */
  readonly fault: RunFault | null;
}

/** Stops that are a cause of the ending themselves. A cancel is decided by the row, a lost lease by silence. */
const stopFaults: Readonly<Partial<Record<StopCause, RunFault>>> = {
  deadline: { reason: 'DeadlineExceeded', message: 'the run took longer than spec.execution.timeoutSeconds and was stopped' },
  handover: { reason: 'RuntimeStopped', message: 'the runtime was stopped while the run was going' },
  beat_lost: { reason: 'RuntimeLost', message: 'the runtime could not show that it was alive and ended the connector' },
};

/**
 * Holds the conversation with one child from START to its end: reads stdout to the end, watches its patience limits (protocol A5) and
 * ends the child on a violation, a stop or a fault of our own. Resolves only when stdout has ended and the connector is gone.
 */
export class Conversation {
  readonly #parts: ConversationParts;
  readonly #timers = new PatienceTimers();
  #fault: RunFault | null = null;
  #terminated: Promise<void> | null = null;
  #exited = false;
  /** Waits for our own side; meanwhile nothing is held against the connector. */
  #ownWaits = 0;

  constructor(parts: ConversationParts) {
    this.#parts = parts;
    // A connector may close its end at any time; what that means is decided by how it goes on.
    parts.child.stdin.on('error', () => undefined);
  }

  /** Reads until the end. `start` resolves with the START line once the run is told to be running. */
  async hold(start: Promise<string>): Promise<ConversationEnd> {
    const { child, stop } = this.#parts;
    const unsubscribe = stop.onStop((cause) => this.#stopped(cause));
    try {
      const exited = child.exited.then((exit) => {
        this.#noteExit();
        return exit;
      });
      const [exit] = await Promise.all([exited, this.#read(), this.#writeStart(start)]);
      await this.#terminated;
      return { exit, fault: this.#fault };
    } finally {
      unsubscribe();
      this.#timers.clearAll();
    }
  }

  async #writeStart(start: Promise<string>): Promise<void> {
    const { child, session, timings } = this.#parts;
    const line = await this.#guard(start);
    // Whoever spoke before START has lost the word already.
    if (line === undefined || session.phase !== 'initializing') return;
    session.startWritten();
    if (!this.#exited) {
      this.#timers.set('start', timings.startMs, () =>
        this.#fail('start_not_read', `START was not read within ${seconds(timings.startMs)}`),
      );
    }
    child.stdin.write(line, (error) => {
      // A closed stdin takes START as little as one that nobody reads: the timer, or the exit, tells.
      if (!error) this.#timers.clear('start');
    });
  }

  async #read(): Promise<void> {
    const { child, maxLineBytes } = this.#parts;
    const splitter = new LineSplitter(maxLineBytes);
    try {
      for await (const chunk of child.stdout) await this.#takeAll(splitter.push(chunk as Buffer));
    } catch {
      // The pipe broke with its process (`#take` keeps its own errors); what was read so far counts.
    }
    const rest = splitter.end();
    if (rest !== null) await this.#take(rest);
    this.#noteStdoutEnd();
  }

  async #takeAll(lines: Iterable<Line>): Promise<void> {
    for (const line of lines) {
      const acted = this.#take(line);
      // A wait only where there is something to wait for: most lines need none.
      if (acted !== undefined) await acted;
    }
  }

  #noteStdoutEnd(): void {
    const { session, timings } = this.#parts;
    if (this.#exited || this.#terminated !== null || session.done !== null) return;
    this.#timers.set('stdout', timings.stdoutClosedMs, () =>
      this.#fail('connector_stdout_closed', 'the connector closed stdout before DONE and lived on'),
    );
  }

  /** Never throws: a fault of our own ends the run. */
  #take(line: Line): Promise<unknown> | undefined {
    try {
      const effect = this.#parts.session.accept(line);
      if (effect === null) return undefined;
      if (effect.kind === 'violation') return this.#end();
      if (effect.kind === 'done') return this.#closeInput();
      const acted = this.#parts.onMessage(effect);
      return acted === undefined ? undefined : this.#guard(acted);
    } catch (error) {
      this.#failOwn(error);
      return undefined;
    }
  }

  /** Published connectors wait for the end of stdin before they exit, and it promises them that their records are durable. */
  async #closeInput(): Promise<void> {
    const { child, timings } = this.#parts;
    await this.#guard(this.#parts.onDone());
    child.stdin.end();
    if (this.#exited) return;
    this.#timers.set('exit', timings.exitMs, () =>
      this.#fail('connector_exit_timeout', `the connector was alive ${seconds(timings.exitMs)} after DONE`),
    );
  }

  /** Waits for our own side, unless the run is stopped meanwhile; its failure ends the run. Undefined: ended. */
  async #guard<T>(work: Promise<T>): Promise<T | undefined> {
    const { signal } = this.#parts.stop;
    const { promise: stopping, resolve } = Promise.withResolvers<undefined>();
    const stopped = (): void => resolve(undefined);
    if (signal.aborted) stopped();
    signal.addEventListener('abort', stopped, { once: true });
    this.#ownWaits++;
    try {
      return await Promise.race([work, stopping]);
    } catch (error) {
      this.#failOwn(error);
      return undefined;
    } finally {
      this.#ownWaits--;
      signal.removeEventListener('abort', stopped);
    }
  }

  #stopped(cause: StopCause): void {
    const { child, timings } = this.#parts;
    this.#fault ??= stopFaults[cause] ?? null;
    if (cause === 'lost' || cause === 'beat_lost') {
      // Nobody may hear of this run any more, and another one may be about to start: no grace.
      this.#parts.session.close();
      this.#terminated ??= child.kill();
      void child.kill();
    } else if (cause === 'handover') {
      this.#end(timings.handoverGraceMs);
      this.#timers.set('kill', timings.handoverGraceMs, () => void child.kill());
    } else {
      this.#end();
    }
  }

  #failOwn(error: unknown): void {
    if (isFault(error, 'LeaseLost')) return this.#parts.stop.stop('lost');
    this.#fault ??= ownFault(error);
    this.#end();
  }

  #fail(reason: TerminalReason, message: string): void {
    this.#fault ??= { reason, message };
    this.#end();
  }

  #noteExit(): void {
    this.#exited = true;
    // What was waited for has come; now the end of stdout is due.
    this.#timers.clearAll();
    this.#awaitStdout();
  }

  #awaitStdout(): void {
    const { child, session, timings } = this.#parts;
    this.#timers.set('stdout', timings.stdoutHeldMs, () => {
      // It is us who are behind with reading: the connector has done its part.
      if (this.#ownWaits > 0) return this.#awaitStdout();
      const message = `a process of the run held stdout ${seconds(timings.stdoutHeldMs)} after the connector's exit`;
      this.#fault ??= { reason: 'stdout_held', message };
      session.close();
      this.#terminated ??= child.kill();
      void child.kill();
    });
  }

  /** Stops listening and ends the child with grace. Safe to repeat. */
  #end(graceMs = this.#parts.timings.graceMs): undefined {
    this.#parts.session.close();
    this.#terminated ??= this.#parts.child.terminate(graceMs);
    return undefined;
  }
}

function seconds(ms: number): string {
  return `${ms / 1_000} s`;
}
