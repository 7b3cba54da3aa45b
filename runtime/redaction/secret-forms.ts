/** A byte string that gives a secret away, and whether it counts only between non-word characters. */
export interface SecretForm {
  bytes: Buffer;
  wholeWord: boolean;
}

/** Values shorter than this many bytes match as whole words only: anywhere else they would mask ordinary text. */
export const shortSecretBytes = 8;

/**
 * Every form in which a secret value may appear in a text: plain, base64 (standard and URL-safe, in the three alignments
 * that it has inside a longer text), URL-encoded and JSON-escaped; the same for each line of a value of several lines.
 * Lines under `shortSecretBytes` are left out: a lone `}` of a JSON key is no secret. An empty value has no forms.
 */
export function secretForms(value: Buffer): SecretForm[] {
  const forms = new Map<string, SecretForm>();
  for (const part of [value, ...longLines(value)]) {
    const wholeWord = part.length < shortSecretBytes;
    for (const bytes of [part, ...base64Forms(part, wholeWord), ...urlForms(part), ...jsonForms(part)]) {
      if (bytes.length > 0) forms.set(bytes.toString('latin1'), { bytes, wholeWord });
    }
  }
  return [...forms.values()];
}

function longLines(value: Buffer): Buffer[] {
  const lines = value.toString('latin1').split('\n');
  if (lines.length === 1) return [];
  return lines.map((line) => Buffer.from(line.trim(), 'latin1')).filter((line) => line.length >= shortSecretBytes);
}

/**
 * Base64 works in groups of three bytes, so a value inside a longer text has one of three encodings. Of each only the
 * characters that the value alone decides are kept; those at its edges hold bits of its neighbours. A short value is
 * looked for only as the whole of a base64 text: the inner forms would be two or three characters.
 */
function base64Forms(value: Buffer, short: boolean): Buffer[] {
  if (short) return bothAlphabets(value.toString('base64').replace(/=+$/, ''));
  return [0, 1, 2].flatMap((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), value]).toString('base64');
    const firstOwn = Math.ceil((before * 8) / 6);
    const endOfOwn = Math.floor(((before + value.length) * 8) / 6);
    return bothAlphabets(encoded.slice(firstOwn, endOfOwn));
  });
}

function bothAlphabets(base64: string): Buffer[] {
  return [base64, base64.replaceAll('+', '-').replaceAll('/', '_')].map((text) => Buffer.from(text, 'latin1'));
}

/** Percent-encodings differ in what they leave alone (RFC 3986, `encodeURIComponent`, HTML forms) and in the case of digits. */
function urlForms(value: Buffer): Buffer[] {
  const kept = [/[A-Za-z0-9\-._~]/, /[A-Za-z0-9\-_.!~*'()]/, /[A-Za-z0-9\-._*]/];
  return kept.flatMap((unreserved, style) =>
    [true, false].map((upper) => {
      const encoded = [...value].map((byte) => {
        const character = String.fromCharCode(byte);
        if (byte < 0x80 && unreserved.test(character)) return character;
        if (style === 2 && character === ' ') return '+';
        const digits = byte.toString(16).padStart(2, '0');
        return `%${upper ? digits.toUpperCase() : digits}`;
      });
      return Buffer.from(encoded.join(''), 'latin1');
    }),
  );
}

/** JSON leaves writers a choice: raw or `\u` for what is not ASCII, either case of digits, `/` or `\/`. */
function jsonForms(value: Buffer): Buffer[] {
  const escaped = JSON.stringify(value.toString('utf8')).slice(1, -1);
  const ascii = (digits: (hex: string) => string): string =>
    escaped.replace(/[^\x20-\x7e]/g, (unit) => `\\u${digits(unit.charCodeAt(0).toString(16).padStart(4, '0'))}`);
  const forms = [escaped, ascii((hex) => hex), ascii((hex) => hex.toUpperCase())];
  return [...forms, ...forms.map((form) => form.replaceAll('/', '\\/'))].map((form) => Buffer.from(form, 'utf8'));
}
