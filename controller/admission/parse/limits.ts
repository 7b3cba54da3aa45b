/** Largest file in bytes. */
export const MAX_FILE_BYTES = 16 * 1024 * 1024;

/** Largest document in UTF-16 code units; the API server of Kubernetes stores no more than about this either. */
export const MAX_DOCUMENT_LENGTH = 1024 * 1024;

/** Most documents in one file, List items included. */
export const MAX_DOCUMENTS = 50_000;

/** Deepest nesting of a document. */
export const MAX_DEPTH = 64;

/** Most values that aliases may stand for, counted with everything inside what they repeat. */
export const MAX_ALIASED_VALUES = 10_000;

/** Most syntax faults that are told of one document; the rest mostly follows from the first. */
export const MAX_FAULTS = 10;
