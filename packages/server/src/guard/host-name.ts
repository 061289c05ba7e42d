import { isIP } from 'node:net';

/** A host as it stands in `Host`, `:authority` or an origin: lower case, without port, brackets, zone and last dot. */
export interface HostName {
  readonly name: string;
  readonly isAddress: boolean;
}

/** What an authority may consist of: a name or an IPv4 address, or an IPv6 address in brackets; then a port. */
const authority = /^(?:\[([0-9a-f:.]+)(?:%[0-9a-z._~%-]{1,64})?\]|([a-z0-9_.-]{1,254}))(?::\d{0,5})?$/i;

/** Undefined for what is no host: user names, paths, several hosts in one header, other signs. */
export function readHostName(text: string): HostName | undefined {
  const [, ipv6, other] = authority.exec(text) ?? [];
  if (ipv6 !== undefined) return isIP(ipv6) === 6 ? { name: ipv6.toLowerCase(), isAddress: true } : undefined;
  if (other === undefined) return undefined;
  const name = other.toLowerCase().replace(/\.$/, '');
  return name.split('.').includes('') ? undefined : { name, isAddress: isIP(name) === 4 };
}

/** A name that leads to loopback wherever it is looked up: RFC 6761 reserves it, and nobody can register one below it. */
export function isLoopbackName(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost');
}

/** Whether who listens at this address is reached from this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}
