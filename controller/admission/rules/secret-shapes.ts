/** Shapes of values that are secret wherever they stand, and what they are called. */
const SHAPES: readonly (readonly [name: string, shape: RegExp])[] = [
  ['a private key', /-----BEGIN [A-Z0-9 ]*PRIVATE KEY/],
  ['an AWS access key', /\b(AKIA|ASIA)[0-9A-Z]{16}\b/],
  ['a GitHub token', /\b(gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,})/],
  ['a GitLab token', /\bglpat-[A-Za-z0-9_-]{20,}/],
  ['a Slack token', /\bxox[abeoprs]-[A-Za-z0-9-]{10,}/],
  ['a Google API key', /\bAIza[0-9A-Za-z_-]{35}/],
  ['a Stripe key', /\b[rs]k_(live|test)_[A-Za-z0-9]{16,}/],
  ['an npm token', /\bnpm_[A-Za-z0-9]{36}/],
  ['an API key', /\bsk-[A-Za-z0-9_-]{20,}/],
  ['a JSON Web Token', /\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/],
  ['an age identity', /AGE-SECRET-KEY-1[0-9A-Z]{20,}/i],
  ['a bearer token', /\b[Bb]earer\s+[A-Za-z0-9._~+/-]{16,}/],
  ['a password in a URL', /\b[a-z][a-z0-9+.-]{0,30}:\/\/[^\s/:@]*:[^\s/@]+@/i],
];

/** One look for all shapes, since nearly every text has none. */
const ANY = new RegExp(SHAPES.map(([, { source }]) => `(?:${source})`).join('|'), 'i');

/** What a text is when its shape alone says that it is secret. */
export function secretShape(text: string): string | undefined {
  if (text.length < 8 || !ANY.test(text)) return undefined;
  return SHAPES.find(([, shape]) => shape.test(text))?.[0];
}

/** Names, in lower case without separators, that nothing but a secret goes by. */
const NAMES = new Set(['secret', 'token', 'apikey', 'xapikey']);
/** Endings of such names: `smtpPassword`, `aws_secret_access_key`. */
const ENDINGS =
  /(password|passwd|passphrase|clientsecret|apisecret|secretkey|secretaccesskey|accesstoken|refreshtoken|authtoken|bearertoken|apitoken|privatekey)$/;

/** True when a field of this name can only hold a secret. */
export function secretName(name: string): boolean {
  const plain = name.toLowerCase().replaceAll(/[-_. ]/g, '');
  return NAMES.has(plain) || ENDINGS.test(plain);
}
