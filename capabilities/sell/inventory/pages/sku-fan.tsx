import { FanSentence, StockFan } from './fan.tsx'

/** The fan of a SKU with what it says in words. */
export default function SkuFan({ id, serviceLevel }: { id: string; serviceLevel: number }) {
  return (
    <>
      <StockFan id={id} serviceLevel={serviceLevel} name="sku-fan" />
      <FanSentence id={id} serviceLevel={serviceLevel} />
    </>
  )
}
