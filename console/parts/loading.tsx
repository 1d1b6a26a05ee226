import { Button } from 'antd'
import { useEffect, useState } from 'react'
import { fill, useWords } from '#console/words.ts'
import { partWords } from './words.ts'

/** 0 under 150 ms, 1 from then, 2 from 2 s, 3 from 10 s. */
function useStage(): number {
  const [stage, setStage] = useState(0)
  useEffect(() => {
    const timers = [150, 2000, 10_000].map((ms, index) => setTimeout(setStage, ms, index + 1))
    return () => timers.forEach(clearTimeout)
  }, [])
  return stage
}

type Shape = 'page' | 'metrics' | 'rows' | 'block'
const bars = (count: number, className: string) =>
  Array.from({ length: count }, (_, place) => place).map((place) => (
    <div key={place} className={`d-bone ${className}`} />
  ))

/** Nothing for 150 ms, then bones of the coming shape, then what is awaited, then a way out. */
export function Loading({
  shape = 'rows',
  what,
  onCancel,
}: {
  shape?: Shape
  what?: string
  onCancel?: () => void
}) {
  const stage = useStage()
  const w = useWords(partWords)
  if (!stage) return <div className="d-loading" aria-busy />
  return (
    <div className="d-loading" aria-busy>
      {(shape === 'page' || shape === 'metrics') && (
        <div className="d-metrics">{bars(4, 'd-bone-metric')}</div>
      )}
      {(shape === 'page' || shape === 'rows') && bars(8, 'd-bone-row')}
      {shape === 'block' && bars(3, 'd-bone-row')}
      {stage >= 2 && (
        <p className="d-loading-note" role="status">
          {fill(w.waitingFor, { what: what ?? w.theData })}
          {stage >= 3 && onCancel && (
            <Button size="small" type="link" onClick={onCancel}>
              {w.cancel}
            </Button>
          )}
        </p>
      )}
    </div>
  )
}
