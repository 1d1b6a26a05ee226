import { createHmac } from 'node:crypto'
import type { Sealed, Vault } from '#kernel/vault.ts'
import type { SealedBuyer } from './order-sync.ts'

/** Who bought, as it came. Platforms give cipher texts of their own with masks beside them; files give plain text. */
export interface Buyer {
  /** The platform's id of the person. */
  id: string
  name: string
  phone: string
  address: string
  mask?: SealedBuyer['mask']
}

export type Revealed = Pick<Buyer, 'name' | 'phone' | 'address'>

/** Seals buyers and finds them again without opening any. `key` belongs to the workspace: hashes of two do not match. */
export interface BuyerBook {
  seal(shopId: string, orderId: string, buyer: Buyer): SealedBuyer
  open(shopId: string, orderId: string, sealed: string): Revealed
  /** What to search for when a person types a phone, a name or an id. */
  hash(text: string): string
}

export const aboutBuyer = (shopId: string, orderId: string) => `order:${shopId}:${orderId}:buyer`

export function buyerBook(vault: Vault, key: Buffer): BuyerBook {
  const hash = (text: string) =>
    createHmac('sha256', key).update(text.trim().toLowerCase()).digest('base64url').slice(0, 22)
  return {
    hash,
    seal(shopId, orderId, { mask, ...buyer }) {
      const known = [buyer.id, buyer.phone, buyer.name].filter(Boolean)
      return {
        sealed: vault.seal(JSON.stringify(buyer), aboutBuyer(shopId, orderId)),
        mask: mask && (mask.name || mask.phone || mask.address) ? mask : maskOf(buyer),
        hashes: [...new Set(known.map(hash))],
        buyer: known[0] ? hash(known[0]) : null,
      }
    },
    open: (shopId, orderId, sealed) => {
      const { name, phone, address } = JSON.parse(
        vault.open(sealed as Sealed, aboutBuyer(shopId, orderId)),
      ) as Buyer
      return { name, phone, address }
    },
  }
}

/** `王*`, `138****1234`, the first six characters of an address. */
export const maskOf = ({ name, phone, address }: Revealed): SealedBuyer['mask'] => ({
  name: name ? `${[...name][0]}*` : '',
  phone: phone.length >= 7 ? `${phone.slice(0, 3)}****${phone.slice(-4)}` : phone ? '****' : '',
  address: address ? `${[...address].slice(0, 6).join('')}***` : '',
})
