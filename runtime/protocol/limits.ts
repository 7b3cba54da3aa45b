/** Bounds of the wire (protocol A5, CF-82). */
export interface ProtocolLimits {
  /** Longest line, without its end. */
  readonly maxLineBytes: number;
  /** Deepest nesting of a message; the message itself is level 1. */
  readonly maxDepth: number;
  /** Longest serialized cursor. */
  readonly maxCursorBytes: number;
  /** Longest canonical key that an index of PostgreSQL takes with ease. */
  readonly maxKeyBytes: number;
}

/** Published defaults of the bounds. */
export const defaultLimits: ProtocolLimits = {
  maxLineBytes: 16 * 1024 * 1024,
  maxDepth: 64,
  maxCursorBytes: 1024 * 1024,
  maxKeyBytes: 1_024,
};
