import { isRawNumber } from '../sdk/exact-json.ts';
import { ConnectorFailure } from '../sdk/failure.ts';
import type { Session } from '../sdk/session.ts';
import { type CursorValue, cursorText, isCursorValue } from './cursor-value.ts';
import { valueAt } from './field-path.ts';
import { firstPage, nextPage } from './http/paging.ts';
import { getPage } from './http/request.ts';
import type { Settings } from './settings.ts';
import { Watermark } from './watermark.ts';

const stream = 'items';

/**
 * Sends the items of all pages. With `cursorField`, items below the largest value of the last run are left out; equal ones are sent
 * again, since several may share a time, and cost nothing when unchanged. The cursor moves at the end: pages need not be sorted.
 */
export async function collectItems(session: Session, settings: Settings): Promise<void> {
  const watermark = new Watermark(settings.cursorField, storedCursor(session, settings.cursorField));
  let count = 0;
  for await (const items of pages(session, settings, watermark.since)) {
    for (const item of items) {
      if (!watermark.takes(item)) continue;
      const key = keyOf(item, settings.keyField);
      await session.record(stream, key, { key, item });
      count += 1;
    }
    await session.progress(`${count} items`, { stream, count });
  }
  if (watermark.moved) await session.checkpoint(stream, { field: settings.cursorField, largest: watermark.largest });
}

async function* pages(session: Session, settings: Settings, since: CursorValue | undefined): AsyncGenerator<readonly unknown[]> {
  let url: URL | undefined = firstPage(startUrl(settings, since), settings.paging);
  const seen = new Set<string>();
  while (url !== undefined) {
    if (seen.has(url.href)) throw configFault('paging_invalid', 'Paging went wrong: a page names itself or an earlier one as the next');
    if (seen.size >= settings.maxPages)
      throw configFault('too_many_pages', `There are more than ${settings.maxPages} pages; raise maxPages`);
    seen.add(url.href);
    const { body, link } = await getPage(url, { token: settings.token, timeoutMs: settings.timeoutMs, signal: session.signal });
    const items = valueAt(body, settings.recordsPath);
    if (!Array.isArray(items)) throw configFault('records_not_found', `A page has no list at recordsPath "${settings.recordsPath}"`);
    yield items;
    url = nextPage(settings.paging, { url, link, body, itemCount: items.length });
  }
}

function startUrl(settings: Settings, since: CursorValue | undefined): URL {
  const url = new URL(settings.url);
  for (const [name, value] of Object.entries(settings.query)) url.searchParams.set(name, value);
  if (settings.cursorParameter !== undefined && since !== undefined) url.searchParams.set(settings.cursorParameter, cursorText(since));
  return url;
}

// A cursor of another field says nothing about this one.
function storedCursor(session: Session, field: string | undefined): CursorValue | undefined {
  const cursor = session.cursor(stream);
  const largest = cursor?.['largest'];
  return cursor?.['field'] === field && isCursorValue(largest) ? largest : undefined;
}

function keyOf(item: unknown, field: string): string {
  const value = valueAt(item, field);
  if (isRawNumber(value)) return value.rawJSON;
  if (typeof value === 'string' && value !== '') return value;
  throw configFault('key_field_invalid', `An item has neither text nor number at keyField ${field}`);
}

function configFault(code: string, message: string): ConnectorFailure {
  return new ConnectorFailure({ code, message, recoveryHint: 'manual_action_required' });
}
