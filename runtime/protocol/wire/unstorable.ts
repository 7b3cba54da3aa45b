/** Digits that PostgreSQL's numeric holds before and after the decimal point. */
const MAX_INTEGER_DIGITS = 131_072;
const MAX_FRACTION_DIGITS = 16_383;
/** numeric_in refuses an exponent from about here on, whatever the mantissa (the last one differs by version). */
const EXPONENT_BOUND = 1_073_741_823;

const NUMBER = /^-?(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

/** Why PostgreSQL cannot hold a text, or null: NUL, or half a surrogate pair. */
export function unstorableText(text: string): string | null {
  if (text.includes('\0')) return 'NUL character';
  return text.isWellFormed() ? null : 'lone surrogate';
}

/** Why PostgreSQL cannot hold a parsed JSON value's texts, member names included, or null. Nesting is bounded by the caller. */
export function unstorableTexts(value: unknown): string | null {
  if (typeof value === 'string') return unstorableText(value);
  if (typeof value !== 'object' || value === null) return null;
  for (const [name, member] of Object.entries(value)) {
    const found = unstorableText(name) ?? unstorableTexts(member);
    if (found !== null) return found;
  }
  return null;
}

/** Whether numeric takes a JSON number, by its source text: the rules of numeric_in and of its on-disk limits. */
export function fitsNumeric(source: string): boolean {
  const parts = NUMBER.exec(source);
  if (parts === null) return false;
  const [, integer = '', fraction = '', exponentText = '0'] = parts;
  const exponent = Number(exponentText);
  if (Math.abs(exponent) >= EXPONENT_BOUND) return false;
  const significant = (integer + fraction).replace(/^0+/, '').length;
  const integerDigits = significant === 0 ? 0 : significant - fraction.length + exponent;
  return integerDigits <= MAX_INTEGER_DIGITS && fraction.length - exponent <= MAX_FRACTION_DIGITS;
}
