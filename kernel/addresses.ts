import { BlockList, isIP } from 'node:net'

/**
 * Addresses that nothing a stranger typed in may reach: this machine, private networks, and what is not one host on the
 * internet (IANA special-purpose registries; RFC 1918, 6598, 4193, 4291 and others).
 */
const CLOSED: [network: string, bits: number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['::', 128],
  ['::1', 128],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
]

const closed = new BlockList()
for (const [network, bits] of CLOSED) closed.addSubnet(network, bits, network.includes(':') ? 'ipv6' : 'ipv4')

/** IPv4 in IPv6's clothes is judged by what is inside. */
const inner = (address: string): string => /^::(?:ffff:)?(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address

/** True for an address of one host on the internet. */
export function isPublic(address: string): boolean {
  const plain = inner(address)
  const family = isIP(plain)
  // In hexadecimal clothes it is refused whole: nobody who means well writes one.
  if (family === 0 || /^::ffff:/i.test(plain)) return false
  return !closed.check(plain, family === 6 ? 'ipv6' : 'ipv4')
}

/** True for an address of this machine. */
export const isLoopback = (address: string): boolean => /^(::1|127\..*)$/.test(inner(address))
