/** One allowed destination. */
export interface EgressRule {
  /** Host name in lower case, IPv4 address, IPv6 address without brackets, or `*.` and a domain. */
  host: string;
  /** 1 to 65535. */
  port: number;
}

const NAME = /^(\*\.)?[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\.?$/;
const BRACKETED = /^\[([0-9a-f:.]+)\]$/;

/** Reads `host:port`, such as `api.example.com:443`, `*.example.com:443` or `[2001:db8::1]:443`; undefined when it is none. */
export function parseEgress(text: string): EgressRule | undefined {
  const split = text.lastIndexOf(':');
  const port = Number(text.slice(split + 1));
  if (split < 1 || !/^[0-9]{1,5}$/.test(text.slice(split + 1)) || port < 1 || port > 65_535) return undefined;
  const host = text.slice(0, split).toLowerCase();
  const address = BRACKETED.exec(host)?.[1];
  if (address !== undefined) return { host: address, port };
  return NAME.test(host) && host.length <= 255 ? { host, port } : undefined;
}
