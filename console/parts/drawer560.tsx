import { Drawer, Segmented } from 'antd'
import type { ReactNode } from 'react'
import { useAddress } from '#console/address.ts'
import { usePhone } from '#console/preferences.ts'
import { useWords } from '#console/words.ts'
import { useCopy } from './copy.ts'
import { Id } from './values.tsx'
import { partWords } from './words.ts'

export type DrawerTab = { key: string; label: string; body: ReactNode }

type DrawerProps = {
  title: ReactNode
  id: string
  status?: ReactNode
  /** Two at most. */
  actions?: ReactNode
  tabs: DrawerTab[]
}

/** The detail of one row. Its id is `?open=` in the URL and its tab `?view=`; `j` and `k` walk on without closing. */
export function Drawer560({ title, id, status, actions, tabs }: DrawerProps) {
  const [search, change] = useAddress()
  const phone = usePhone()
  const tab = tabs.find(({ key }) => key === search['view']) ?? tabs[0]
  return (
    <Drawer
      open
      size={phone ? '100%' : 560}
      mask={phone}
      onClose={() => change({ open: undefined, view: undefined })}
      classNames={{ body: 'd-drawer-body' }}
      title={
        <div className="d-drawer-title">
          <span className="d-drawer-name">{title}</span>
          {status}
        </div>
      }
    >
      <div className="d-drawer-top">
        <Id value={id} />
        <span className="d-space" />
        {actions}
      </div>
      {tabs.length > 1 && (
        <Segmented
          value={tab?.key ?? ''}
          onChange={(key) => change({ view: key === tabs[0]?.key ? undefined : key })}
          options={tabs.map(({ key, label }) => ({ value: key, label }))}
        />
      )}
      {tab?.body}
    </Drawer>
  )
}

/** Name and value pairs of a detail. */
export const Facts = ({ rows }: { rows: [label: string, value: ReactNode][] }) => (
  <dl className="d-facts">
    {rows.map(([label, value]) => (
      <div key={label}>
        <dt>{label}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
)

/** Raw data, readable and copyable. Strings stay strings, so long ids keep their digits. */
export function Raw({ value }: { value: unknown }) {
  const w = useWords(partWords)
  const copy = useCopy()
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2)
  return (
    <div className="d-raw">
      <button type="button" className="d-link" onClick={() => void copy(text)}>
        {w.copy}
      </button>
      <pre>{text}</pre>
    </div>
  )
}
