import { ConnectorFailure } from '../sdk/failure.ts';
import { type CursorValue, compareCursors, isCursorValue } from './cursor-value.ts';
import { valueAt } from './field-path.ts';

/** Follows `cursorField` through the items of a run. Without a field it takes everything and never moves. */
export class Watermark {
  /** The largest value of the last run. */
  readonly since: CursorValue | undefined;
  readonly #field: string | undefined;
  #largest: CursorValue | undefined;

  constructor(field: string | undefined, since: CursorValue | undefined) {
    this.#field = field;
    this.since = since;
    this.#largest = since;
  }

  /** The largest value so far. */
  get largest(): CursorValue | undefined {
    return this.#largest;
  }

  get moved(): boolean {
    return this.#largest !== this.since;
  }

  /** Is the item not older than the last run's largest? Throws `cursor_field_invalid` when it has no value to compare. */
  takes(item: unknown): boolean {
    if (this.#field === undefined) return true;
    const value = valueAt(item, this.#field);
    if (!isCursorValue(value)) throw invalid(`An item has neither text nor number at cursorField ${this.#field}`);
    if (this.since !== undefined && compare(value, this.since) < 0) return false;
    if (this.#largest === undefined || compare(value, this.#largest) > 0) this.#largest = value;
    return true;
  }
}

function compare(a: CursorValue, b: CursorValue): number {
  const order = compareCursors(a, b);
  if (order === undefined) throw invalid('cursorField is text in one item and a number in another');
  return order;
}

function invalid(message: string): ConnectorFailure {
  return new ConnectorFailure({ code: 'cursor_field_invalid', message, recoveryHint: 'manual_action_required' });
}
