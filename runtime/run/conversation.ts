import { isFault } from '../../platform/errors.ts';
import type { TerminalReason } from '../../schemas/terminal-reasons.ts';
import type { ConnectorExit, SandboxChild } from '../apis/sandbox.ts';
import type { RunFault } from '../protocol/outcome.ts';
import type { ProtocolSession, SessionEffect } from '../protocol/session.ts';
import { type Line, LineSplitter } from '../protocol/wire/framing.ts';
import type { RunTimings } from './run-limits.ts';
import type { RunStop } from './run-stop.ts';

/** What a conversation is held with. */
export interface ConversationParts {
  readonly child: SandboxChild;
  readonly session: ProtocolSession;
  readonly stop: RunStop;
  readonly timings: RunTimings;
  readonly maxLineBytes: number;
  /** Acts on one message. Waiting in here is what holds the connector back: its stdout is not read meanwhile. */
  onEffect(effect: SessionEffect): Promise<void> | undefined;
  /** Makes everything that was accepted durable, before stdin is closed. */
  onDone(): Promise<void>;
}

/** How a conversation ended, for the order of decision of protocol A13. */
export interface ConversationEnd {
  readonly exit: ConnectorExit;
  /** The first cause of our own side; null when the connector's own words decide. */
  readonly fault: RunFault | null;
}

/**
 * Holds the conversation with one child from START to its end: reads stdout to the end, watches its patience limits (protocol A5) and
 * ends the child on a violation, a stop or a fault of our own. Resolves only when stdout has ended and the connector is gone.
 */
export class Conversation {
  readonly #parts: ConversationParts;
  readonly #timers = new Set<NodeJS.Timeout>();
  #fault: RunFault | null = null;
  #terminated: Promise<void> | null = null;

  constructor(parts: ConversationParts) {
    this.#parts = parts;
    // A connector may close its end at any time; what that means is decided by how it goes on.
    parts.child.stdin.on('error', () => undefined);
  }

  /** Reads until the end. `start` resolves with the START line once the run may be told to be running. */
  async hold(start: Promise<string>): Promise<ConversationEnd> {
    const { child, stop } = this.#parts;
    const onStop = (): void => this.#end();
    stop.signal.addEventListener('abort', onStop, { once: true });
    if (stop.signal.aborted) this.#end();
    try {
      const writing = this.#writeStart(start);
      const reading = this.#read();
      void child.exited.then(() => this.#after(this.#parts.timings.stdoutHeldMs, () => this.#heldStdout()));
      const [exit] = await Promise.all([child.exited, reading, writing]);
      await this.#terminated;
      return { exit, fault: this.#fault };
    } finally {
      stop.signal.removeEventListener('abort', onStop);
      for (const timer of this.#timers) clearTimeout(timer);
    }
  }

  async #writeStart(start: Promise<string>): Promise<void> {
    const { child, session, timings } = this.#parts;
    const line = await this.#guard(start);
    if (line === undefined) return;
    const notRead = this.#after(timings.startMs, () =>
      this.#fail('start_not_read', `START was not read within ${timings.startMs / 1_000} s`),
    );
    session.startWritten();
    child.stdin.write(line, (error) => {
      // A closed stdin takes START as little as one that nobody reads: the timer, or the exit, tells.
      if (!error) clearTimeout(notRead);
    });
  }

  async #read(): Promise<void> {
    const { child, session, maxLineBytes } = this.#parts;
    const splitter = new LineSplitter(maxLineBytes);
    try {
      for await (const chunk of child.stdout) {
        for (const line of splitter.push(chunk as Buffer)) {
          const acted = this.#take(line);
          // A wait only where there is something to wait for: most lines need none.
          if (acted !== undefined) await acted;
        }
      }
    } catch {
      // The pipe broke with its process; what was read so far counts.
    }
    const rest = splitter.end();
    if (rest !== null) await this.#take(rest);
    if (session.done === null && session.violation === null && this.#fault === null) {
      this.#after(this.#parts.timings.stdoutClosedMs, () =>
        this.#fail('connector_stdout_closed', 'the connector closed stdout before DONE and lives on'),
      );
    }
  }

  #take(line: Line): Promise<unknown> | undefined {
    const effect = this.#parts.session.accept(line);
    if (effect === null) return undefined;
    if (effect.kind === 'violation') this.#end();
    if (effect.kind === 'done') return this.#closeInput();
    try {
      const acted = this.#parts.onEffect(effect);
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
    this.#after(timings.exitMs, () =>
      this.#fail('connector_exit_timeout', `the connector was alive ${timings.exitMs / 1_000} s after DONE`),
    );
  }

  /** Waits for our own side, unless the run is stopped meanwhile; its failure ends the run. Undefined: ended. */
  async #guard<T>(work: Promise<T>): Promise<T | undefined> {
    const { signal } = this.#parts.stop;
    let stopped = (): void => undefined;
    const stopping = new Promise<undefined>((resolve) => {
      stopped = () => resolve(undefined);
      if (signal.aborted) stopped();
      signal.addEventListener('abort', stopped, { once: true });
    });
    try {
      return await Promise.race([work, stopping]);
    } catch (error) {
      this.#failOwn(error);
      return undefined;
    } finally {
      signal.removeEventListener('abort', stopped);
    }
  }

  #failOwn(error: unknown): void {
    if (isFault(error, 'LeaseLost')) return this.#parts.stop.stop('lost');
    const known = isFault(error, 'RecordUnstorable') || isFault(error, 'DatabaseUnavailable') || isFault(error, 'CommitFailed');
    if (known) this.#fail(error.reason as TerminalReason, error.message);
    else this.#fail('InternalError', error instanceof Error ? error.message : String(error));
  }

  #fail(reason: TerminalReason, message: string): void {
    this.#fault ??= { reason, message };
    this.#end();
  }

  #heldStdout(): void {
    const { child, timings } = this.#parts;
    this.#fault ??= {
      reason: 'stdout_held',
      message: `a process of the run held stdout ${timings.stdoutHeldMs / 1_000} s after the connector's exit`,
    };
    this.#parts.session.close();
    this.#terminated ??= child.kill();
  }

  /** Stops listening and ends the child: at once when the run was lost, else with grace. Safe to repeat. */
  #end(): void {
    const { child, session, stop, timings } = this.#parts;
    session.close();
    if (stop.cause === 'lost') this.#terminated = child.kill();
    else this.#terminated ??= child.terminate(stop.cause === 'handover' ? timings.handoverGraceMs : timings.graceMs);
  }

  #after(ms: number, act: () => void): NodeJS.Timeout {
    const timer = setTimeout(act, ms);
    this.#timers.add(timer);
    return timer;
  }
}
