import { setTimeout as sleep } from 'node:timers/promises';
import { nowMs } from '../../sdk/clock.ts';
import { parseExact } from '../../sdk/exact-json.ts';
import { ConnectorFailure } from '../../sdk/failure.ts';
import { decideRetry, responseFailure } from './response-rules.ts';

/** Largest page. It is parsed as a whole. */
const maxBodyBytes = 32 * 1024 * 1024;
const maxRedirects = 5;

export interface RequestOptions {
  readonly token: string | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface Page {
  readonly link: string | null;
  readonly body: unknown;
}

/**
 * Gets one page of JSON. Busy servers and broken connections are asked again, a few times and as the server's Retry-After says;
 * redirects are followed on the same origin only. Throws `ConnectorFailure` with what to do about it.
 */
export async function getPage(url: URL, options: RequestOptions): Promise<Page> {
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await tryOnce(url, options);
    if ('page' in outcome) return outcome.page;
    const delayMs = decideRetry({ attempt, ...outcome, nowMs: nowMs() });
    if (delayMs === undefined) throw outcome.failure;
    await sleep(delayMs, undefined, { signal: options.signal });
  }
}

type Outcome = { page: Page } | { failure: ConnectorFailure; retryAfter: string | null };

async function tryOnce(url: URL, options: RequestOptions): Promise<Outcome> {
  let response: Response;
  let text: string;
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(options.timeoutMs)]);
  try {
    response = await fetchOnOrigin(url, options.token, signal);
    if (!response.ok) {
      await response.body?.cancel();
      return { failure: responseFailure(url, response.status), retryAfter: response.headers.get('retry-after') };
    }
    text = await readBody(url, response);
  } catch (cause) {
    if (cause instanceof ConnectorFailure) throw cause;
    const message = `${url.host} did not answer: the connection broke, or it took longer than ${options.timeoutMs / 1000} s`;
    return { failure: new ConnectorFailure({ code: 'server_unreachable', message, retryable: true, cause }), retryAfter: null };
  }
  return { page: { link: response.headers.get('link'), body: parsePage(url, text) } };
}

async function fetchOnOrigin(start: URL, token: string | undefined, signal: AbortSignal): Promise<Response> {
  const authorization: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const headers = { accept: 'application/json', 'user-agent': 'http-json/1', ...authorization };
  let url = start;
  for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
    const response = await fetch(url, { headers, signal, redirect: 'manual' });
    const location = redirectTarget(url, response);
    if (location === undefined) return response;
    await response.body?.cancel();
    if (location.origin !== start.origin) throw redirected(start, `to another host, ${location.host}; put its URL into config`);
    url = location;
  }
  throw redirected(start, `more than ${maxRedirects} times`);
}

function redirectTarget(url: URL, response: Response): URL | undefined {
  const location = response.headers.get('location');
  if (![301, 302, 303, 307, 308].includes(response.status) || location === null) return undefined;
  return URL.canParse(location, url.href) ? new URL(location, url) : undefined;
}

async function readBody(url: URL, response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes) {
      const message = `A page of ${url.host} has over ${maxBodyBytes} bytes; ask for smaller pages`;
      throw new ConnectorFailure({ code: 'page_too_large', message, recoveryHint: 'manual_action_required' });
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function parsePage(url: URL, text: string): unknown {
  try {
    return parseExact(text);
  } catch {
    const message = `${url.host}${url.pathname} answered with something that is no JSON`;
    throw new ConnectorFailure({ code: 'page_not_json', message, recoveryHint: 'manual_action_required' });
  }
}

function redirected(url: URL, how: string): ConnectorFailure {
  const message = `${url.host}${url.pathname} redirects ${how}`;
  return new ConnectorFailure({ code: 'redirected', message, recoveryHint: 'manual_action_required' });
}
