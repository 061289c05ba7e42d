/**
 * Where a judge may not be. Its address comes from whoever may change evaluators, the request from inside of the server's network: a
 * machine's own credentials must not be within reach. Loopback and private networks are, since models run there.
 */
import { lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

const refused = new BlockList();
refused.addSubnet('169.254.0.0', 16, 'ipv4');
refused.addSubnet('fe80::', 10, 'ipv6');
// The same addresses within IPv6: compatible, NAT64, 6to4. Mapped ones (::ffff:…) the list knows itself.
refused.addSubnet('::169.254.0.0', 112, 'ipv6');
refused.addSubnet('64:ff9b::169.254.0.0', 112, 'ipv6');
refused.addSubnet('2002:a9fe::', 32, 'ipv6');
// Metadata of machines where it is not link-local: Amazon over IPv6, Azure, Alibaba, Oracle.
refused.addAddress('fd00:ec2::254', 'ipv6');
for (const address of ['168.63.129.16', '100.100.100.200', '192.0.0.192'])
  refused.addAddress(address, 'ipv4');

const refusedNames = new Set([
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'metadata.azure.internal',
  'metadata.tencentyun.com',
  'instance-data',
  'instance-data.ec2.internal',
]);

/** What is wrong with the address, as the end of "it …"; undefined where nothing is. Names are looked up only when they are asked. */
export function findAddressProblem(address: string): string | undefined {
  if (!URL.canParse(address)) return 'is no address';
  const { protocol, username, password, hostname } = new URL(address);
  if (protocol !== 'http:' && protocol !== 'https:')
    return `begins with "${protocol}" and not with http or https`;
  if (username !== '' || password !== '') return 'has a user or a password in it';
  // The parser has made one form of what an address can be written as: 0xA9FEA9FE, 169.254.43518, [::ffff:169.254.169.254].
  const host = hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.+$/, '')
    .toLowerCase();
  return refusedNames.has(host) || isRefusedIp(host) ? leadsToMachine : undefined;
}

export const leadsToMachine =
  'leads to link-local addresses or the metadata of a cloud, where machines have their credentials';

function isRefusedIp(address: string): boolean {
  const [ip = ''] = address.split('%');
  const family = isIP(ip);
  return family !== 0 && refused.check(ip, family === 6 ? 'ipv6' : 'ipv4');
}

export class RefusedAddressError extends Error {
  override readonly name = 'RefusedAddressError';
}

/** Looks a name up for the connection itself, so that what was checked is what is connected to. Addresses that are refused are left out. */
export function guardedLookup(resolve: typeof lookup = lookup): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, []);
      const allowed = found.filter(({ address }) => !isRefusedIp(address));
      const [first] = allowed;
      if (first === undefined) return callback(new RefusedAddressError(leadsToMachine), []);
      if (options.all === true) return callback(null, allowed);
      return callback(null, first.address, first.family);
    });
  };
}
