import { describe, expect, test } from '@jest/globals';
import type { SubmittedDocument } from '../../../../../controller/apis/intake.ts';
import { News } from '../../../../../controller/sources/gitops/news.ts';
import { emptyMemory, type FolderListing } from '../../../../../controller/sources/gitops/read-folder.ts';

const document = (name: string, file = `${name}.yaml`): SubmittedDocument => ({
  namespace: 'default',
  name,
  digest: name,
  origin: { file },
  read: () => ({ value: null }),
});
const fleet = Array.from({ length: 600 }, (_, n) => document(`c-${n}`));
const listing = (more: Partial<FolderListing> = {}): FolderListing => ({
  documents: fleet,
  broken: [],
  complete: true,
  unlisted: null,
  changed: new Set(['c-7.yaml']),
  memory: emptyMemory,
  ...more,
});
const names = (documents: readonly SubmittedDocument[] | null): string[] | undefined =>
  documents?.map(({ name, origin }) => `${name} ${origin.file}`);

describe('News', () => {
  test('of a large folder the few that changed go ahead', () => {
    expect(names(new News().pick(listing(), false, 0))).toEqual(['c-7 c-7.yaml']);
  });

  test('whoever else claims the name of a changed document comes along', () => {
    const documents = [...fleet, document('c-7', 'other.yaml')];
    expect(names(new News().pick(listing({ documents }), false, 0))).toEqual(['c-7 c-7.yaml', 'c-7 other.yaml']);
  });

  test.each<[string, Partial<FolderListing>, boolean]>([
    ['nothing was handed in before', {}, true],
    ['nothing changed', { changed: new Set() }, false],
    ['the listing is incomplete', { complete: false }, false],
    ['the folder is small', { documents: fleet.slice(0, 499) }, false],
    ['the changed file is broken', { broken: [{ file: 'c-7.yaml', findings: [] }] }, false],
    ['many changed', { changed: new Set(fleet.slice(0, 51).map(({ origin }) => origin.file ?? '')) }, false],
  ])('the whole folder is compared when %s', (_, more, first) => {
    expect(new News().pick(listing(more), first, 0)).toBeNull();
  });

  test('edits that never end do not put the whole off for ever', () => {
    const news = new News();
    const taken = [0, 2_000, 4_999, 5_000, 5_001].map((nowMs) => news.pick(listing(), false, nowMs) !== null);
    expect(taken).toEqual([true, true, true, false, true]);
  });
});
