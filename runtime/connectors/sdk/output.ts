import { write } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const flushBytes = 64 * 1024;

/**
 * Writes lines to a file descriptor with back-pressure: `line` resolves only once less than 64 KiB is waiting, so a caller that awaits
 * it holds no more than that in memory, however slowly the runtime reads.
 *
 * Not `process.stdout`: on a pipe that writes synchronously, and a connector blocked in it would not see SIGTERM.
 */
export class Output {
  readonly #fd: number;
  readonly #onBroken: (error: NodeJS.ErrnoException) => void;
  #pending: string[] = [];
  #pendingBytes = 0;
  #flushing: Promise<void> | undefined;

  /** `onBroken` is called when nobody reads any more (EPIPE) or writing fails otherwise; it should end the process. */
  constructor(fd: number, onBroken: (error: NodeJS.ErrnoException) => void) {
    this.#fd = fd;
    this.#onBroken = onBroken;
  }

  /** Queues one line, given without its newline. Await the result before the next one. */
  line(text: string): Promise<void> | undefined {
    this.#pending.push(text);
    this.#pendingBytes += text.length + 1;
    this.#flushing ??= this.#flushSoon();
    return this.#pendingBytes >= flushBytes ? this.#flushing : undefined;
  }

  /** Resolves once everything queued has reached the pipe. */
  async drained(): Promise<void> {
    while (this.#flushing !== undefined) await this.#flushing;
  }

  // One turn of the event loop gathers what a burst of records brings; a lone line waits no longer than that.
  async #flushSoon(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#pending.length > 0) {
      const bytes = Buffer.from(`${this.#pending.join('\n')}\n`);
      this.#pending = [];
      this.#pendingBytes = 0;
      await this.#writeAll(bytes);
    }
    this.#flushing = undefined;
  }

  async #writeAll(bytes: Buffer): Promise<void> {
    for (let offset = 0; offset < bytes.length; ) {
      const written = await this.#writeSome(bytes, offset);
      // A pipe that was opened non-blocking answers EAGAIN while it is full.
      if (written === 0) await sleep(5);
      offset += written;
    }
  }

  #writeSome(bytes: Buffer, offset: number): Promise<number> {
    return new Promise((resolve) => {
      write(this.#fd, bytes, offset, bytes.length - offset, null, (error, written) => {
        if (error === null) return resolve(written);
        if (error.code === 'EAGAIN') return resolve(0);
        // Never resolved: the process is about to end.
        this.#onBroken(error);
      });
    });
  }
}
