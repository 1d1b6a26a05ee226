import { CopyOutlined } from '@ant-design/icons'
import * as format from '#console/format.ts'
import { useWords } from '#console/words.ts'
import { useNow } from './clock.ts'
import { useCopy } from './copy.ts'
import { partWords } from './words.ts'

type Maybe<T> = T | null | undefined

/** An id: short on screen, whole on hover and on the clipboard. */
export function Id({ value, whole = false }: { value: Maybe<string>; whole?: boolean }) {
  const copy = useCopy()
  const w = useWords(partWords)
  if (!value) return <span className="d-mono">{format.missing}</span>
  return (
    <span className="d-id">
      <span className="d-mono" title={value}>
        {whole ? value : format.shortId(value)}
      </span>
      <button
        type="button"
        className="d-icon d-copy"
        title={w.copyId}
        aria-label={w.copyId}
        onClick={(event) => {
          event.stopPropagation()
          void copy(value)
        }}
      >
        <CopyOutlined />
      </button>
    </span>
  )
}

/** Integer fen as `¥1,284.00`. @public */
export const Money = ({ fen, currency }: { fen: Maybe<number>; currency?: string }) => (
  <span className="d-num">{format.money(fen, currency)}</span>
)

/** UTC ms as relative time, the exact one on hover; `exact` shows `2026-11-22 19:03:05`. */
export function When({ at, exact = false }: { at: Maybe<number>; exact?: boolean }) {
  const now = useNow()
  const { language } = useWords(partWords)
  if (at === null || at === undefined) return <span>{format.missing}</span>
  const zone = format.zoneTag(Intl.DateTimeFormat().resolvedOptions().timeZone, language)
  const absolute = `${format.time(at)}${zone ? ` ${zone}` : ''}`
  return (
    <time className="d-num" dateTime={new Date(at).toISOString()} title={absolute}>
      {exact ? absolute : format.ago(at, Math.max(now, Date.now()), language)}
    </time>
  )
}

type NumAs = 'number' | 'compact' | 'percent' | 'latency' | 'duration' | 'diamonds'

/** A figure in tabular digits; `compact` keeps the full value on hover. */
export function Num({ value, as = 'number' }: { value: Maybe<number>; as?: NumAs }) {
  const { language } = useWords(partWords)
  const text = {
    number: () => format.num(value),
    compact: () => format.compact(value, language),
    percent: () => format.percent(value),
    latency: () => format.latency(value),
    duration: () => format.duration(value, language),
    diamonds: () => format.diamonds(value, language),
  }[as]()
  return (
    <span className="d-num" title={as === 'compact' ? format.num(value) : undefined}>
      {text}
    </span>
  )
}

/** A person, masked: name, phone or address. @public */
export const Person = ({ name, phone, address }: { name?: string; phone?: string; address?: string }) => (
  <span>
    {[name && format.maskName(name), phone && format.maskPhone(phone), address && format.maskAddress(address)]
      .filter(Boolean)
      .join(' ') || format.missing}
  </span>
)
