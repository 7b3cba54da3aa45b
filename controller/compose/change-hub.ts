/** Tells everyone in this process who waits for a change; says nothing about what changed. */
export class ChangeHub {
  readonly #listeners = new Set<() => void>();

  /** Calls back at every change until the returned function is called. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
