import { ReloadOutlined } from '@ant-design/icons'
import { useIsFetching } from '@tanstack/react-query'
import { Button, Segmented, Tooltip } from 'antd'
import { type ReactNode, useEffect } from 'react'
import { useAddress } from '#console/address.ts'
import { queries } from '#console/client.ts'
import { useKeys } from '#console/shortcuts.ts'
import { fill, useWords } from '#console/words.ts'
import { When } from './values.tsx'
import { partWords } from './words.ts'

type PageProps = {
  title: string
  /** The one question this page answers. */
  question: string
  /** Tabs live in the URL as `?tab=`; the first is the default. Children may be a function of the tab. */
  tabs?: { key: string; label: ReactNode }[]
  /** UTC ms of the data shown. */
  updatedAt?: number | undefined
  tags?: ReactNode
  /** One primary button at most. */
  actions?: ReactNode
  /** The page is one list that fills the window: it scrolls inside, not as a whole. */
  fill?: boolean
  children: ReactNode | ((tab: string) => ReactNode)
}

/** Frame of every page: title, question, tabs, age of the data, actions. `r` refreshes. */
export function Page({ title, question, tabs, updatedAt, tags, actions, children, fill: fills }: PageProps) {
  const w = useWords(partWords)
  const [search, change] = useAddress()
  const fetching = useIsFetching() > 0
  const refresh = () => void queries.invalidateQueries()
  useKeys({ r: refresh })
  useEffect(() => {
    document.title = `${title} · Doubloon`
  }, [title])
  const tab = tabs?.find(({ key }) => key === search['tab'])?.key ?? tabs?.[0]?.key ?? ''
  return (
    <div className={`d-page${fills ? ' d-page-fill' : ''}`}>
      {fetching && <div className="d-thin" aria-hidden />}
      <header className="d-page-head">
        <div className="d-page-title">
          <h1>{title}</h1>
          {tags}
          <p>{question}</p>
        </div>
        <div className="d-page-tools">
          {updatedAt ? (
            <span className="d-muted d-updated">
              {fill(w.updated, { when: '' })}
              <When at={updatedAt} />
            </span>
          ) : null}
          <Tooltip title={`${w.refresh} r`}>
            <Button type="text" aria-label={w.refresh} icon={<ReloadOutlined />} onClick={refresh} />
          </Tooltip>
          {actions}
        </div>
      </header>
      {tabs && (
        <div className="d-tabs">
          <Segmented
            value={tab}
            onChange={(key) => change({ tab: key === tabs[0]?.key ? undefined : key, open: undefined })}
            options={tabs.map(({ key, label }) => ({ value: key, label }))}
          />
        </div>
      )}
      {typeof children === 'function' ? children(tab) : children}
    </div>
  )
}

/** A titled block of a page. */
export const Card = ({
  title,
  extra,
  children,
}: {
  title?: ReactNode
  extra?: ReactNode
  children: ReactNode
}) => (
  <section className="d-card">
    {title && (
      <div className="d-card-head">
        <h2>{title}</h2>
        <span className="d-space" />
        {extra}
      </div>
    )}
    {children}
  </section>
)
