import { ConnectorFailure } from '../../sdk/failure.ts';
import { isRawNumber } from '../../sdk/exact-json.ts';
import { valueAt } from '../field-path.ts';
import type { Paging } from '../settings.ts';

/** What one page was, as far as the next one depends on it. */
export interface PageFacts {
  readonly url: URL;
  /** The Link header; null without one. */
  readonly link: string | null;
  readonly body: unknown;
  readonly itemCount: number;
}

/** URL of the first page. */
export function firstPage(start: URL, paging: Paging): URL {
  return paging.type === 'page' ? withParameter(start, paging.parameter, String(paging.first ?? 1)) : start;
}

/** URL of the page after this one; undefined after the last. Pure. Throws `paging_invalid` for a next page that is no page of this API. */
export function nextPage(paging: Paging, page: PageFacts): URL | undefined {
  switch (paging.type) {
    case 'none':
      return undefined;
    case 'link':
      return nextByLink(page);
    case 'page':
      return nextByNumber(paging, page);
    case 'cursor':
      return nextByCursor(paging, page);
  }
}

function nextByLink({ url, link }: PageFacts): URL | undefined {
  const target = link === null ? undefined : nextLink(link);
  if (target === undefined) return undefined;
  if (!URL.canParse(target, url.href)) throw invalid('the Link header of a page holds no URL');
  const next = new URL(target, url);
  // The same rule as for redirects: neither token nor trust goes to another host.
  if (next.origin !== url.origin) throw invalid(`the next page is on another host, ${next.host}`);
  return next;
}

function nextByNumber(paging: Paging & { type: 'page' }, { url, itemCount }: PageFacts): URL | undefined {
  if (itemCount === 0 || (paging.size !== undefined && itemCount < paging.size)) return undefined;
  return withParameter(url, paging.parameter, String(Number(url.searchParams.get(paging.parameter)) + 1));
}

function nextByCursor(paging: Paging & { type: 'cursor' }, { url, body }: PageFacts): URL | undefined {
  const value = valueAt(body, paging.path);
  if (value === undefined || value === null || value === '') return undefined;
  if (isRawNumber(value)) return withParameter(url, paging.parameter, value.rawJSON);
  if (typeof value !== 'string') throw invalid(`${paging.path} of a page is neither text nor number`);
  return withParameter(url, paging.parameter, value);
}

/** Target of `rel="next"` in a Link header (RFC 8288). Commas and semicolons may stand inside `<...>` and quotes. */
export function nextLink(header: string): string | undefined {
  for (const [, target, parameters = ''] of header.matchAll(/<([^>]*)>((?:\s*;\s*[\w*-]+(?:\s*=\s*(?:"[^"]*"|[^\s",;]+))?)*)/g)) {
    const relations = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s",;]+))/i.exec(parameters);
    if ((relations?.[1] ?? relations?.[2] ?? '').toLowerCase().split(/\s+/).includes('next')) return target;
  }
  return undefined;
}

function withParameter(url: URL, name: string, value: string): URL {
  const changed = new URL(url);
  changed.searchParams.set(name, value);
  return changed;
}

function invalid(what: string): ConnectorFailure {
  return new ConnectorFailure({ code: 'paging_invalid', message: `Paging went wrong: ${what}`, recoveryHint: 'manual_action_required' });
}
