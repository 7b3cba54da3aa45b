/** Numbers of an exact version. */
export type Version = readonly [major: number, minor: number, patch: number];

/** Numbers of `1.2.3`; what is left out is 0. The schema has checked the form. */
export function parseVersion(text: string): Version {
  const [major = 0, minor = 0, patch = 0] = text.split('.').map(Number);
  return [major, minor, patch];
}

/** Below 0 when a is the older version. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [parseVersion(a), parseVersion(b)];
  return left[0] - right[0] || left[1] - right[1] || left[2] - right[2];
}

/** True when `typeVersion` of a Connector takes this version: 1 and "1" any of that major, "1.2" any of that minor, "1.2.3" that one. */
export function takes(typeVersion: number | string, version: string): boolean {
  const wanted = String(typeVersion).split('.').map(Number);
  const there = parseVersion(version);
  return wanted.every((part, index) => part === there[index]);
}
