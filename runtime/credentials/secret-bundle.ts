/** One resolved value. */
export interface Secret {
  readonly value: Buffer;
  /** Whether it is masked in every text that leaves the run: a password is, a user name is not. */
  readonly sensitive: boolean;
}

/** The resolved credentials of one run, by field of the type's `auth`. Its printed and JSON forms show names only. */
export class SecretBundle {
  readonly #secrets = new Map<string, Secret>();

  /** Takes a value over: the bundle's `wipe` zeroes this very buffer. */
  set(field: string, secret: Secret): void {
    this.#secrets.set(field, secret);
  }

  get(field: string): Secret | undefined {
    return this.#secrets.get(field);
  }

  /** Names of the fields that have a value. */
  fields(): string[] {
    return [...this.#secrets.keys()];
  }

  /** What a redactor must mask. The same buffers, not copies. */
  sensitiveValues(): Buffer[] {
    return [...this.#secrets.values()].filter((secret) => secret.sensitive).map((secret) => secret.value);
  }

  /** Zeroes every buffer and forgets it. Safe to repeat. */
  wipe(): void {
    for (const secret of this.#secrets.values()) secret.value.fill(0);
    this.#secrets.clear();
  }

  toJSON(): { fields: string[] } {
    return { fields: this.fields() };
  }
}
