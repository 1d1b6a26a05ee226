import { type Plain, QueryComplaint, type Thing } from './execute.ts'
import type { ShopContext } from './schema.ts'
import type { LevelRow } from './shop.ts'

type Change = { level: LevelRow; available: number }
type Refusal = { field: string[]; message: string; code: string }

/** All of the quantities or none; the same key twice answers the first result. */
export function setQuantities(context: ShopContext, { input }: Plain, key: unknown): Thing {
  const isNew = context.apiVersion === 'unstable' || context.apiVersion >= '2026-04'
  if (isNew && typeof key !== 'string')
    throw new QueryComplaint('The @idempotent directive is required for this mutation')
  const wanted = (input ?? {}) as Plain
  const text = JSON.stringify(wanted)
  const former = typeof key === 'string' ? context.answers.get(key) : undefined
  if (former && former.input === text) return former.answer
  const mismatch = {
    field: ['input'],
    message: 'The key was used with other parameters',
    code: 'IDEMPOTENCY_KEY_PARAMETER_MISMATCH',
  }
  if (former) return payload(wanted, [mismatch])

  const quantities = (Array.isArray(wanted['quantities']) ? wanted['quantities'] : []) as Plain[]
  if (quantities.length > 250)
    throw new QueryComplaint('The input array size is greater than the maximum allowed of 250')
  const read = quantities.map((quantity, at) => changeOf(context, wanted, quantity, at, isNew))
  const refusals = read.filter((one): one is Refusal => 'code' in one)
  if (refusals.length === 0) {
    for (const { level, available } of read as Change[]) {
      level.available = available
      level.updatedAtMs = context.clock.now()
    }
  }
  const answer = payload(wanted, refusals)
  if (typeof key === 'string') context.answers.set(key, { input: text, answer })
  return answer
}

function changeOf(
  { shop }: ShopContext,
  input: Plain,
  quantity: Plain,
  at: number,
  isNew: boolean,
): Change | Refusal {
  const refuse = (name: string, code: string, message: string): Refusal => ({
    field: ['input', 'quantities', String(at), name],
    message,
    code,
  })
  const name = input['name']
  if (name !== 'available' && name !== 'on_hand')
    return {
      field: ['input', 'name'],
      code: 'INVALID_NAME',
      message: 'The quantity name must be available or on_hand',
    }
  const variant = shop.variants.find((one) => one.inventoryItemId === quantity['inventoryItemId'])
  if (!variant)
    return refuse(
      'inventoryItemId',
      'INVALID_INVENTORY_ITEM',
      'The specified inventory item could not be found.',
    )
  const locationId = String(quantity['locationId'])
  if (!shop.locations.some(({ id }) => id === locationId))
    return refuse('locationId', 'INVALID_LOCATION', 'The specified location could not be found.')
  const level = variant.levels.get(locationId)
  if (!level)
    return refuse('locationId', 'ITEM_NOT_STOCKED_AT_LOCATION', 'The item is not stocked at the location.')
  const next = Number(quantity['quantity'])
  if (!Number.isInteger(next)) throw new QueryComplaint('quantity must be an Int')
  if (next < 0 || next > 1_000_000_000)
    return refuse(
      'quantity',
      next < 0 ? 'INVALID_QUANTITY_NEGATIVE' : 'INVALID_QUANTITY_TOO_HIGH',
      'The quantity is out of range.',
    )
  const held = name === 'on_hand' ? level.committed : 0
  const expected = expectedOf(input, quantity, isNew)
  if (expected !== null && expected !== level.available + held) {
    return isNew
      ? refuse('changeFromQuantity', 'CHANGE_FROM_QUANTITY_STALE', 'The changeFromQuantity is stale.')
      : refuse('compareQuantity', 'COMPARE_QUANTITY_STALE', 'The compareQuantity is stale.')
  }
  return { level, available: next - held }
}

/** What the caller believes to be there; null where it does not care. Not to say is an error, by version. */
function expectedOf(input: Plain, quantity: Plain, isNew: boolean): number | null {
  const name = isNew ? 'changeFromQuantity' : 'compareQuantity'
  const given = quantity[name]
  if (given === undefined && !(!isNew && input['ignoreCompareQuantity'] === true))
    throw new QueryComplaint(`Argument '${name}' is required`)
  return typeof given === 'number' && (isNew || input['ignoreCompareQuantity'] !== true) ? given : null
}

const payload = ({ reason }: Plain, refusals: Refusal[]): Thing => ({
  __typename: 'InventorySetQuantitiesPayload',
  inventoryAdjustmentGroup:
    refusals.length > 0 ? null : { __typename: 'InventoryAdjustmentGroup', reason: String(reason ?? '') },
  userErrors: refusals.map((one) => ({ __typename: 'InventorySetQuantitiesUserError', ...one })),
})
