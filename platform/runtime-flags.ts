/**
 * V8 flags of a runtime process. Without them V8 lets garbage pile up to several times of what is alive, because it measures itself by the
 * machine's memory: 38 MiB instead of 220 MiB above idle for the same ingest, at the same speed (docs/decisions/0002-ingest.md). The old
 * generation's limit is far above what the ingest budget lets be alive; it is there for what it makes V8 do long before.
 */
export const runtimeFlags: readonly string[] = ['--max-semi-space-size=4', '--max-old-space-size=512'];
