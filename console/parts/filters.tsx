import { FilterOutlined } from '@ant-design/icons'
import { Button, Input, Select, Tag } from 'antd'
import { useRef, useState } from 'react'
import { useAddress } from '#console/address.ts'
import { day } from '#console/format.ts'
import { periodBounds, periodWords, shiftPeriod } from '#console/period.ts'
import { usePhone } from '#console/preferences.ts'
import { useKeys } from '#console/shortcuts.ts'
import { fill, useWords } from '#console/words.ts'
import {
  countFilters,
  type Field,
  type FilterValue,
  filterParams,
  readFilters,
  writeFilters,
} from './filter-fields.ts'
import { partWords } from './words.ts'

/** The filters of this page: value, parameters for the API, and ways to set and clear them. */
export function useFilters(fields: Field[]) {
  const [search, change] = useAddress()
  const value = readFilters(fields, search)
  const set = (changes: FilterValue) =>
    change({ ...writeFilters(fields, { ...value, ...changes }), open: undefined })
  return {
    fields,
    value,
    set,
    clear: () => set(Object.fromEntries(fields.map(({ key }) => [key, undefined]))),
    params: { ...filterParams(fields, value, Date.now()), sort: search['sort'] },
    count: countFilters(value),
  }
}

type FiltersState = ReturnType<typeof useFilters>

/** The filter bar. Everything applies at once; there is no search button. `f` goes to the first field. */
export function Filters({ state }: { state: FiltersState }) {
  const w = useWords(partWords)
  const phone = usePhone()
  const [open, setOpen] = useState(false)
  const bar = useRef<HTMLDivElement>(null)
  const period = state.fields.find(({ kind }) => kind === 'period')
  const shift = (by: -1 | 1) => () =>
    period &&
    state.set({ [period.key]: shiftPeriod(state.value[period.key] as string | undefined, by, Date.now()) })
  useKeys({
    f: () => {
      setOpen(true)
      requestAnimationFrame(() => bar.current?.querySelector('input')?.focus())
    },
    ...(period ? { '[': shift(-1), ']': shift(1) } : {}),
  })
  return (
    <div className="d-filters" ref={bar}>
      {phone && (
        <Button icon={<FilterOutlined />} onClick={() => setOpen(!open)} aria-expanded={open}>
          {w.filters}
          {state.count ? ` (${state.count})` : ''}
        </Button>
      )}
      {(!phone || open) &&
        state.fields.map((field) => (
          <One key={field.key} field={field} value={state.value[field.key]} set={state.set} />
        ))}
      <Chips state={state} />
    </div>
  )
}

type OneProps = { field: Field; value: string | string[] | undefined; set: (changes: FilterValue) => void }

function One({ field, value, set }: OneProps) {
  const put = (next: string | string[] | undefined) => set({ [field.key]: next })
  if (field.kind === 'period')
    return <PeriodField field={field} value={value as string | undefined} set={set} />
  if (field.kind === 'text')
    return (
      <Input.Search
        key={String(value ?? '')}
        className="d-filter-text"
        defaultValue={value as string | undefined}
        placeholder={field.label}
        aria-label={field.label}
        allowClear
        onSearch={put}
      />
    )
  const many = field.kind === 'choices'
  return (
    <Select<string | string[]>
      className="d-filter-choice"
      aria-label={field.label}
      placeholder={field.label}
      allowClear
      {...(many ? { mode: 'multiple' as const, maxTagCount: 1 } : {})}
      value={value ?? (many ? [] : null!)}
      onChange={put}
      options={field.options}
      popupMatchSelectWidth={false}
    />
  )
}

/** Words for the usual ranges and two native date fields for the rest: small, and at home on a phone. */
function PeriodField({
  field,
  value,
  set,
}: {
  field: Field
  value: string | undefined
  set: OneProps['set']
}) {
  const w = useWords(partWords)
  const custom = value?.includes('..')
  const bounds = periodBounds(value, Date.now())
  const [from, to] = bounds ? [day(bounds.from), day(bounds.to - 1)] : ['', '']
  const put = (next: string | undefined) => set({ [field.key]: next })
  return (
    <>
      <Select
        className="d-filter-choice"
        aria-label={field.label}
        placeholder={w.anyTime}
        allowClear
        value={custom ? 'custom' : (value ?? null!)}
        onChange={(word?: string) =>
          put(word === 'custom' ? `${from || day(Date.now())}..${to || day(Date.now())}` : word)
        }
        options={[...periodWords, 'custom' as const].map((word) => ({ value: word, label: w[word] }))}
      />
      {custom && (
        <span className="d-filter-dates">
          <Input
            type="date"
            aria-label={w.from}
            value={from}
            max={to}
            onChange={(e) => e.target.value && put(`${e.target.value}..${to}`)}
          />
          –
          <Input
            type="date"
            aria-label={w.to}
            value={to}
            min={from}
            onChange={(e) => e.target.value && put(`${from}..${e.target.value}`)}
          />
        </span>
      )}
    </>
  )
}

function Chips({ state }: { state: FiltersState }) {
  const w = useWords(partWords)
  if (!state.count) return null
  const shown = state.fields.filter(({ key }) => state.value[key]?.length)
  const said = (field: Field) => {
    const value = [state.value[field.key] ?? []].flat()
    if (field.kind === 'period')
      return value.map((word) => w[word as keyof typeof w] ?? word.replace('..', ' – ')).join()
    return value
      .map((one) => ('options' in field && field.options.find((o) => o.value === one)?.label) || one)
      .join(', ')
  }
  return (
    <span className="d-chips">
      {shown.map((field) => (
        <Tag
          key={field.key}
          variant="filled"
          closable={{ 'aria-label': fill(w.removeFilter, { name: field.label }) }}
          onClose={(event) => {
            event.preventDefault()
            state.set({ [field.key]: undefined })
          }}
        >
          {field.label}: {said(field)}
        </Tag>
      ))}
      <Button type="link" size="small" onClick={state.clear}>
        {w.clearFilters}
      </Button>
    </span>
  )
}
