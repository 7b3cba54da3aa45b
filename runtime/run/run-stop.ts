/** Why a run is ended from our side. `cancel` is the owner's, `lost` another epoch, `handover` our own stop, `deadline` its time. */
export type StopCause = 'cancel' | 'lost' | 'handover' | 'deadline';

/** A worse cause replaces a milder one: after `lost` nothing may be written at all, and a cancel beats what only ends the run. */
const severity: Readonly<Record<StopCause, number>> = { deadline: 1, handover: 2, cancel: 3, lost: 4 };

/** Tells one run to end. The first call raises the signal; a later, worse cause only changes what the ending means. */
export class RunStop {
  readonly #controller = new AbortController();
  #cause: StopCause | null = null;

  /** Raised once, by the first stop. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The worst cause so far; null while the run may go on. */
  get cause(): StopCause | null {
    return this.#cause;
  }

  stop(cause: StopCause): void {
    if (this.#cause === null || severity[cause] > severity[this.#cause]) this.#cause = cause;
    this.#controller.abort();
  }
}
