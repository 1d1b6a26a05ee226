import { Fragment } from 'react'
import type { Conflict, MediaRecord, Origin } from '#capabilities/create/media-metadata/media-metadata.ts'
import { fieldWords, ruleWords } from '#capabilities/create/media-metadata/record-words.ts'
import { words } from '#capabilities/create/media-metadata/words.ts'
import { Empty2 } from '#console/parts/empty2.tsx'
import { fill, type Language, useWords } from '#console/words.ts'
import { fieldText } from './media-text.ts'

const HIDDEN = ['schemaVersion', 'provenance', 'conflicts', 'tools']

export const fieldName = (field: string, language: Language): string =>
  (fieldWords as Record<string, { zh: string; en: string }>)[field]?.[language] ?? field
export const ruleName = (rule: string, language: Language): string => ruleWords[rule]?.[language] ?? rule

export function originText({ from, tag }: Origin, ofFile: string): string {
  return from === 'file' ? `${ofFile} · ${tag}` : `${from} · ${tag}`
}

/** The normalised record: each field, its value, and which program's tag supplied it; disagreements beneath. */
export function RecordTable({ record }: { record: MediaRecord | null }) {
  const w = useWords(words)
  if (!record) return <Empty2 kind="done" text={w.noRecord} />
  // The ledger keeps no order of fields; the words do, and fields that they do not know come last.
  const known = Object.keys(fieldWords).filter((field) => field in record)
  const fields = [
    ...known,
    ...Object.keys(record).filter((field) => !HIDDEN.includes(field) && !known.includes(field)),
  ]
  const valueIn = (field: string) => record[field as keyof MediaRecord]
  const missing = fields.filter((field) => valueIn(field) === null)
  return (
    <>
      <div className="d-muted">
        {record.tools.map(({ name, version }) => `${name} ${version}`).join(' · ')}
      </div>
      <div
        style={{
          display: 'grid',
          gridTemplateColumns: 'minmax(92px, 0.8fr) minmax(0, 1.2fr) minmax(0, 1.2fr)',
        }}
      >
        {fields
          .filter((field) => valueIn(field) !== null)
          .map((field) => {
            const origin = record.provenance[field]
            return (
              <Fragment key={field}>
                <span className="d-muted" style={cell} title={field}>
                  {fieldName(field, w.language)}
                </span>
                <span className="d-num d-wrap" style={cell}>
                  {fieldText(field, valueIn(field))}
                </span>
                <span className="d-muted d-mono d-wrap" style={{ ...cell, fontSize: 12 }}>
                  {origin ? originText(origin, w.ofFile) : '—'}
                </span>
                {record.conflicts
                  .filter((conflict) => conflict.field === field)
                  .map((conflict) => (
                    <Disagreement key={conflict.other.tag} conflict={conflict} />
                  ))}
              </Fragment>
            )
          })}
      </div>
      {missing.length > 0 && (
        <p className="d-muted">
          {fill(w.emptyFields, {
            fields: missing
              .map((field) => fieldName(field, w.language))
              .join(w.language === 'zh' ? '、' : ', '),
          })}
        </p>
      )}
    </>
  )
}

const cell = { padding: '5px 8px 5px 0', borderTop: '1px solid var(--d-line)' } as const

export function Disagreement({ conflict: { field, other, rule } }: { conflict: Conflict }) {
  const w = useWords(words)
  return (
    <div
      className="d-quote d-tone-warning"
      style={{ gridColumn: '1 / -1', padding: '6px 10px', marginBottom: 6 }}
    >
      {fill(w.otherSays, { tool: other.from, tag: other.tag, value: fieldText(field, other.value) })}
      <div style={{ fontSize: 12 }}>{ruleName(rule, w.language)}</div>
    </div>
  )
}
