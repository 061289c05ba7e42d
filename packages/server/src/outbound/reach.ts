/**
 * Where a request may go whose address a user chose. It starts inside of the server's network, so it must not reach what only that network can: the
 * credentials of machines never, private networks only where the reach allows them.
 */
import { lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

export interface Reach {
  /** Why this IP address may not be connected to, as the end of "it …"; undefined where it may. */
  readonly problemOf: (address: string) => string | undefined;
}

const machines = new BlockList();
machines.addSubnet('169.254.0.0', 16, 'ipv4');
machines.addSubnet('fe80::', 10, 'ipv6');
// The same addresses within IPv6: compatible, NAT64, 6to4. Mapped ones (::ffff:…) the list knows itself.
machines.addSubnet('::169.254.0.0', 112, 'ipv6');
machines.addSubnet('64:ff9b::169.254.0.0', 112, 'ipv6');
machines.addSubnet('2002:a9fe::', 32, 'ipv6');
// Metadata of machines where it is not link-local: Amazon over IPv6, Azure, Alibaba, Oracle.
machines.addAddress('fd00:ec2::254', 'ipv6');
for (const address of ['168.63.129.16', '100.100.100.200', '192.0.0.192'])
  machines.addAddress(address, 'ipv4');

const machineNames = new Set([
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'metadata.azure.internal',
  'metadata.tencentyun.com',
  'instance-data',
  'instance-data.ec2.internal',
]);

const leadsToMachine =
  'leads to link-local addresses or the metadata of a cloud, where machines have their credentials';

/** Everywhere but where machines have their credentials: loopback and private networks are fine, since models run there. */
export const beyondMachines: Reach = {
  problemOf: (address) => (isMachine(address) ? leadsToMachine : undefined),
};

/** `10.0.0.0/8`, or one address; undefined where it is neither. */
export function readNetwork(text: string): string | undefined {
  const [, address = '', bits] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const family = isIP(address);
  const whole = family === 6 ? 128 : 32;
  return family === 0 || Number(bits ?? whole) > whole ? undefined : `${address}/${bits ?? whole}`;
}

/** The public internet, and the networks that the operator of the server allows; of those never the credentials of machines. */
export function publicReach(allowedNetworks: readonly string[]): Reach {
  const allowed = new BlockList();
  for (const network of allowedNetworks) {
    const [address = '', bits] = network.split('/');
    allowed.addSubnet(address, Number(bits), isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }
  return {
    problemOf: (address) => {
      if (isMachine(address)) return leadsToMachine;
      const [ip = ''] = address.split('%');
      return isPublic(ip) || allowed.check(ip, isIP(ip) === 6 ? 'ipv6' : 'ipv4')
        ? undefined
        : `leads to ${ip}, which is not on the public internet`;
    },
  };
}

function isMachine(address: string): boolean {
  const [ip = ''] = address.split('%');
  const family = isIP(ip);
  return family !== 0 && machines.check(ip, family === 6 ? 'ipv6' : 'ipv4');
}

/** Of IPv6 only what is handed out for the internet (2000::/3), without its special ranges such as 6to4, which hold other addresses. */
function isPublic(ip: string): boolean {
  const parsed = ipaddr.process(ip);
  if (parsed.range() !== 'unicast') return false;
  return parsed.kind() === 'ipv4' || ((parsed.toByteArray()[0] ?? 0) & 0xe0) === 0x20;
}

/** What is wrong with the address, as the end of "it …"; undefined where nothing is. Names are looked up only when they are connected to. */
export function findUrlProblem(address: string, reach: Reach): string | undefined {
  if (!URL.canParse(address)) return 'is no address';
  const { protocol, username, password, hostname } = new URL(address);
  if (protocol !== 'http:' && protocol !== 'https:')
    return `begins with "${protocol}" and not with http or https`;
  if (username !== '' || password !== '') return 'has a user or a password in it';
  // The parser has made one form of what an address can be written as: 0xA9FEA9FE, 169.254.43518, [::ffff:169.254.169.254].
  return findHostProblem(hostname, reach);
}

/** The same of a host name or an IP address. */
export function findHostProblem(hostname: string, reach: Reach): string | undefined {
  const host = hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.+$/, '')
    .toLowerCase();
  if (machineNames.has(host)) return leadsToMachine;
  return isIP(host) === 0 ? undefined : reach.problemOf(host);
}

export class RefusedAddressError extends Error {
  override readonly name = 'RefusedAddressError';
}

/** Looks a name up for the connection itself, so that what was checked is what is connected to. Addresses that are refused are left out. */
export function guardedLookup(reach: Reach, resolve: typeof lookup = lookup): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, []);
      const allowed = found.filter(({ address }) => reach.problemOf(address) === undefined);
      const [first] = allowed;
      if (first === undefined) {
        const problem = found
          .map(({ address }) => reach.problemOf(address))
          .find((each) => each !== undefined);
        return callback(new RefusedAddressError(problem ?? 'leads nowhere'), []);
      }
      if (options.all === true) return callback(null, allowed);
      return callback(null, first.address, first.family);
    });
  };
}
