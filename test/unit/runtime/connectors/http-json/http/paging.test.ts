import { describe, expect, test } from '@jest/globals';
import { rawNumber } from '../../../../../../runtime/connectors/sdk/exact-json.ts';
import { firstPage, nextLink, nextPage } from '../../../../../../runtime/connectors/http-json/http/paging.ts';

const url = new URL('https://api.example.com/items?q=1&page=4');
const page = (more: object = {}) => ({ url, link: null, body: {}, itemCount: 10, ...more });

describe('paging', () => {
  test.each([
    ['<https://a.example/2>; rel="next"', 'https://a.example/2'],
    ['<https://a.example/1>; rel=prev, </3,4;5>; title="a, b; c"; rel="last NEXT"', '/3,4;5'],
    ['<https://a.example/2>; rel="nextish"', undefined],
    ['', undefined],
  ])('Link %s', (header, target) => {
    expect(nextLink(header)).toBe(target);
  });

  test('by link: relative targets count from the page, other hosts are refused, no link is the end', () => {
    expect(nextPage({ type: 'link' }, page({ link: '</items?page=5>; rel=next' }))?.href).toBe('https://api.example.com/items?page=5');
    expect(nextPage({ type: 'link' }, page())).toBeUndefined();
    expect(() => nextPage({ type: 'link' }, page({ link: '<https://evil.example/>; rel=next' }))).toThrow('another host, evil.example');
    expect(() => nextPage({ type: 'link' }, page({ link: '<http://[>; rel=next' }))).toThrow('no URL');
  });

  test('by number: until a page is empty or short', () => {
    const paging = { type: 'page', parameter: 'page', size: 10 } as const;
    expect(firstPage(new URL('https://a.example/?x=1'), paging).search).toBe('?x=1&page=1');
    expect(firstPage(new URL('https://a.example/'), { ...paging, first: 0 }).search).toBe('?page=0');
    expect(nextPage(paging, page())?.search).toBe('?q=1&page=5');
    expect(nextPage(paging, page({ itemCount: 9 }))).toBeUndefined();
    expect(nextPage({ type: 'page', parameter: 'page' }, page({ itemCount: 0 }))).toBeUndefined();
  });

  test('by a value in the page: text and number, until it is missing, null or empty', () => {
    const paging = { type: 'cursor', parameter: 'after', path: 'meta.next' } as const;
    expect(nextPage(paging, page({ body: { meta: { next: 'a b' } } }))?.searchParams.get('after')).toBe('a b');
    expect(nextPage(paging, page({ body: { meta: { next: rawNumber('9007199254740993') } } }))?.searchParams.get('after')).toBe(
      '9007199254740993',
    );
    for (const next of [undefined, null, '']) expect(nextPage(paging, page({ body: { meta: { next } } }))).toBeUndefined();
    expect(() => nextPage(paging, page({ body: { meta: { next: [] } } }))).toThrow('neither text nor number');
  });
});
