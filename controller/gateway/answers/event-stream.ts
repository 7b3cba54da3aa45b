import type { ServerResponse } from 'node:http';

/** Server-sent events to one client, at the pace at which it reads. After the end, sending does nothing. */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #signal: AbortSignal;

  /** @param signal aborted when nobody reads any more. */
  constructor(response: ServerResponse, signal: AbortSignal) {
    this.#response = response;
    this.#signal = signal;
  }

  /** True once the client has gone or the server stops. */
  get isOver(): boolean {
    return this.#signal.aborted || this.#response.destroyed;
  }

  /** Sends one event; resolves when the client may get the next. */
  async send(type: string, object: object): Promise<void> {
    if (this.isOver || this.#response.write(`data: ${JSON.stringify({ type, object })}\n\n`)) return;
    await this.#drained();
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#response.off('drain', done).off('close', done);
        this.#signal.removeEventListener('abort', done);
        resolve();
      };
      this.#response.once('drain', done).once('close', done);
      this.#signal.addEventListener('abort', done, { once: true });
      if (this.isOver) done();
    });
  }
}
