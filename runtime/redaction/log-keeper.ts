import type { Redactor } from './redactor.ts';

/** How much of a run's stderr is kept: the last 16 KiB (protocol A5). */
export const keptLogBytes = 16 * 1024;

/** The end of a run's log. */
export interface KeptLog {
  /** Redacted text, the newest part; bytes that are no UTF-8 became U+FFFD. */
  text: string;
  /** All that the connector wrote, in bytes, kept or not. */
  bytesObserved: number;
  /** Whether the beginning is missing. */
  truncated: boolean;
}

/** Keeps the end of a connector's stderr: redacts first, then bounds, in constant memory however much is written. */
export class LogKeeper {
  readonly #stream: ReturnType<Redactor['stream']>;
  readonly #limitBytes: number;
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #redactedBytes = 0;
  #bytesObserved = 0;

  constructor(redactor: Redactor, limitBytes: number = keptLogBytes) {
    this.#stream = redactor.stream();
    this.#limitBytes = limitBytes;
  }

  /** Takes the next chunk of stderr and gives its redacted part that can be told by now, for those who follow the log. */
  write(chunk: Buffer): Buffer {
    this.#bytesObserved += chunk.length;
    return this.#keep(this.#stream.write(chunk));
  }

  /** Takes note that stderr has ended and gives the rest of its redacted text. Call it once. */
  end(): Buffer {
    return this.#keep(this.#stream.end());
  }

  /** The log so far; complete after `end`. */
  log(): KeptLog {
    const tail = this.#tail();
    const truncated = this.#redactedBytes > tail.length;
    return {
      text: (truncated ? withoutTornCharacter(tail) : tail).toString(),
      bytesObserved: this.#bytesObserved,
      truncated,
    };
  }

  #keep(redacted: Buffer): Buffer {
    this.#redactedBytes += redacted.length;
    this.#keptBytes += redacted.length;
    this.#kept.push(redacted);
    if (this.#keptBytes > 2 * this.#limitBytes || this.#kept.length > 1024) {
      // Copied, so that a small tail does not keep a large chunk alive.
      this.#kept = [Buffer.from(this.#tail())];
      this.#keptBytes = this.#kept[0]?.length ?? 0;
    }
    return redacted;
  }

  #tail(): Buffer {
    const all = Buffer.concat(this.#kept);
    return all.subarray(Math.max(0, all.length - this.#limitBytes));
  }
}

/** Drops the continuation bytes at the front, which belong to a character whose beginning is gone. */
function withoutTornCharacter(bytes: Buffer): Buffer {
  let start = 0;
  while (start < 3 && start < bytes.length && ((bytes[start] ?? 0) & 0xc0) === 0x80) start++;
  return bytes.subarray(start);
}
