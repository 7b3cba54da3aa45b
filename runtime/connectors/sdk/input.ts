import type { Readable } from 'node:stream';

/**
 * stdin of a connector: the START line, then (for a connector without interactions) nothing but its end.
 * A line after START breaks the protocol: `onStray` is called once.
 */
export class Input {
  readonly #ended: Promise<void>;
  readonly #firstLine: Promise<string | undefined>;

  constructor(stream: Readable, onStray: () => void) {
    let buffered = '';
    let started = false;
    const first = Promise.withResolvers<string | undefined>();
    const ended = Promise.withResolvers<void>();
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => {
      buffered += chunk;
      const newline = buffered.indexOf('\n');
      if (!started && newline >= 0) {
        started = true;
        first.resolve(buffered.slice(0, newline));
        buffered = buffered.slice(newline + 1);
      }
      if (started && buffered.trim() !== '') onStray();
      if (started) buffered = '';
    });
    const end = () => {
      // A START typed by hand may lack its newline; what does not parse is refused by its reader.
      first.resolve(buffered.trim() === '' ? undefined : buffered);
      ended.resolve();
    };
    stream.on('end', end);
    stream.on('error', end);
    this.#firstLine = first.promise;
    this.#ended = ended.promise;
  }

  /** The START line, or undefined when stdin ended without one. */
  firstLine(): Promise<string | undefined> {
    return this.#firstLine;
  }

  /** Resolves at the end of stdin, which says that the runtime has stored everything, or after `maxMs`. */
  async end(maxMs: number): Promise<void> {
    const timer = Promise.withResolvers<void>();
    const handle = setTimeout(timer.resolve, maxMs);
    await Promise.race([this.#ended, timer.promise]);
    clearTimeout(handle);
  }
}
