import type { SubmittedDocument } from '../../apis/intake.ts';
import type { FolderListing } from './read-folder.ts';

/** A folder with fewer documents is compared whole in no time. */
const WORTH_FROM_DOCUMENTS = 500;
/** More changes than these are worth a whole comparison. */
const FEW_DOCUMENTS = 50;
/** While edits go on and on, the whole folder is compared this often all the same, in milliseconds. */
const POSTPONED_MS = 5_000;

/**
 * Picks the documents of a large folder that changed, when they are few: their connectors need not wait until thousands of others are
 * compared. Every document that shares a name with one of them comes along, so that who owns the name is judged as in the whole.
 */
export class News {
  #postponedAtMs: number | null = null;

  /** Null: the whole folder is to be compared now. `first`: nothing was handed in before. */
  pick(listing: FolderListing, first: boolean, nowMs: number): readonly SubmittedDocument[] | null {
    const news = first || !listing.complete ? [] : newsOf(listing);
    const postponed = nowMs - (this.#postponedAtMs ?? nowMs) >= POSTPONED_MS;
    if (news.length === 0 || news.length > FEW_DOCUMENTS || postponed) {
      this.#postponedAtMs = null;
      return null;
    }
    this.#postponedAtMs ??= nowMs;
    return news;
  }
}

function newsOf({ documents, changed, broken }: FolderListing): readonly SubmittedDocument[] {
  if (documents.length < WORTH_FROM_DOCUMENTS || changed.size === 0 || broken.some(({ file }) => changed.has(file))) return [];
  const keys = new Set(documents.flatMap((document) => (changed.has(document.origin.file ?? '') ? [keyOf(document)] : [])));
  return documents.filter((document) => keys.has(keyOf(document)));
}

function keyOf({ namespace, name }: SubmittedDocument): string {
  return `${namespace}/${name}`;
}
