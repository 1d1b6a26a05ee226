import { Link } from '@tanstack/react-router'
import { day, dayStart } from '#console/format.ts'
import { useWords } from '#console/words.ts'
import type { Tone } from './status.tsx'
import { partWords } from './words.ts'

export type Mark = { tone: Tone; title: string; href: string }

/** Months side by side, Monday first, in Shanghai days; marked days (`2026-11-22`) lead to their rows. */
export function Months({
  fromMs,
  count,
  marks,
}: {
  fromMs: number
  count: number
  marks: Map<string, Mark>
}) {
  const { language } = useWords(partWords)
  const [year, month] = day(fromMs).split('-').map(Number) as [number, number]
  const title = new Intl.DateTimeFormat(language === 'zh' ? 'zh-CN' : 'en-US', {
    year: 'numeric',
    month: 'long',
    timeZone: 'UTC',
  })
  return (
    <div className="d-months">
      {Array.from({ length: count }, (_, index) => new Date(Date.UTC(year, month - 1 + index, 1))).map(
        (first) => (
          <div key={first.getTime()} className="d-month">
            <h3>{title.format(first)}</h3>
            <div className="d-month-days">
              {daysOf(first).map((text, index) => (
                <Day
                  key={text ?? `before-${index}`}
                  text={text}
                  today={day(fromMs)}
                  mark={marks.get(text ?? '')}
                />
              ))}
            </div>
          </div>
        ),
      )}
    </div>
  )
}

function Day({ text, today, mark }: { text: string | null; today: string; mark: Mark | undefined }) {
  if (!text) return <span />
  const number = Number(text.slice(8))
  if (mark)
    return (
      <Link
        to={mark.href as never}
        className={`d-marked d-tone-${mark.tone}`}
        title={mark.title}
        aria-label={mark.title}
      >
        {number}
      </Link>
    )
  return <span className={text === today ? 'd-today' : undefined}>{number}</span>
}

/** The days of a month, with empty places before the first so that weeks begin on Monday. */
function daysOf(first: Date): (string | null)[] {
  const length = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate()
  const before = (first.getUTCDay() + 6) % 7
  const name = first.toISOString().slice(0, 8)
  const days = Array.from({ length }, (_, index) => name + String(index + 1).padStart(2, '0'))
  return [...Array.from({ length: before }, () => null), ...days.filter((one) => dayStart(one) !== undefined)]
}
