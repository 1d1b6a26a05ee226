import { useQuery } from '@tanstack/react-query'
import { Input, Switch } from 'antd'
import { useState } from 'react'
import { read } from '#console/client.ts'
import { Empty2 } from '#console/parts/empty2.tsx'
import { Grid } from '#console/parts/grid.tsx'
import { Loading } from '#console/parts/loading.tsx'
import { Card, Page } from '#console/parts/page.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { Label } from '#console/parts/status.tsx'
import { usePhone } from '#console/preferences.ts'
import { roomName } from '#console/room-name.ts'
import { useWords } from '#console/words.ts'
import { ApiKeys } from './api-keys.tsx'
import { EngineTable } from './engine-table.tsx'
import { settingWords } from './words.ts'

type Setting = { name: string; env: string; value: unknown; default: unknown; secret: boolean; says: string }
type Room = { room: string; settings: Setting[] }

export default function Settings() {
  const w = useWords(settingWords)
  const tabs = [
    { key: 'settings', label: w.settings },
    { key: 'keys', label: w.keys },
    { key: 'engines', label: w.engines },
  ]
  return (
    <Page title={w.title} question={w.question} tabs={tabs}>
      {(tab) => (tab === 'keys' ? <ApiKeys /> : tab === 'engines' ? <EngineTable /> : <Rooms />)}
    </Page>
  )
}

const shown = (value: unknown) =>
  value === undefined || value === null || value === ''
    ? undefined
    : typeof value === 'string'
      ? value
      : JSON.stringify(value)
const isChanged = ({ value, default: usual, secret }: Setting) =>
  secret ? Boolean(value) : shown(value) !== shown(usual) && shown(value) !== undefined

function Rooms() {
  const w = useWords(settingWords)
  const [typed, setTyped] = useState('')
  const [onlyChanged, setOnlyChanged] = useState(false)
  const query = useQuery(read<{ rooms: Room[] }>('/api/system/settings'))
  if (query.isPending) return <Loading shape="rows" what={w.what} />
  if (!query.data) return <Reason problem={query.error} onRetry={() => void query.refetch()} />
  const needle = typed.trim().toLowerCase()
  const fits = (setting: Setting) =>
    (!onlyChanged || isChanged(setting)) &&
    `${setting.name} ${setting.env} ${setting.says}`.toLowerCase().includes(needle)
  const rooms = query.data.rooms
    .map(({ room, settings }) => ({ room, settings: settings.filter(fits) }))
    .filter(({ settings }) => settings.length)
  return (
    <>
      <div className="d-filters">
        <Input
          className="d-filter-text"
          allowClear
          value={typed}
          onChange={({ target }) => setTyped(target.value)}
          placeholder={w.find}
          aria-label={w.find}
        />
        <span className="d-switch">
          <Switch size="small" checked={onlyChanged} onChange={setOnlyChanged} aria-label={w.onlyChanged} />{' '}
          {w.onlyChanged}
        </span>
        <span className="d-muted">{w.note}</span>
      </div>
      {rooms.map(({ room, settings }) => (
        <Card key={room} title={roomName(room, w.language)}>
          <SettingTable settings={settings} />
        </Card>
      ))}
      {!rooms.length && <Empty2 kind="done" text={w.none} />}
    </>
  )
}

function Value({ setting }: { setting: Setting }) {
  const w = useWords(settingWords)
  const text = shown(setting.value)
  if (text === undefined) return <span className="d-muted">{w.unset}</span>
  return (
    <span className="d-mono d-wrap">
      {setting.secret ? <span className="d-muted">{w.secret}</span> : text}{' '}
      {isChanged(setting) && <Label tone="primary">{w.changed}</Label>}
    </span>
  )
}

function SettingTable({ settings }: { settings: Setting[] }) {
  const w = useWords(settingWords)
  if (usePhone())
    return (
      <ul className="d-cards d-cards-flat">
        {settings.map((setting) => (
          <li key={setting.env} className="d-queue-card">
            <div className="d-mono d-wrap">{setting.env}</div>
            <Value setting={setting} />
            <div className="d-muted">{setting.says}</div>
          </li>
        ))}
      </ul>
    )
  return (
    <Grid<Setting>
      rows={settings}
      rowKey={({ env }) => env}
      columns={[
        { key: 'env', title: w.env, width: 300, render: ({ env }) => <span className="d-mono">{env}</span> },
        { key: 'value', title: w.value, width: 260, render: (setting) => <Value setting={setting} /> },
        {
          key: 'default',
          title: w.default,
          width: 180,
          render: ({ secret, default: usual }) => (
            <span className="d-mono d-muted">{secret ? '—' : (shown(usual) ?? '—')}</span>
          ),
        },
        { key: 'says', title: w.says, render: ({ says }) => says },
      ]}
    />
  )
}
