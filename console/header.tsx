import {
  DownOutlined,
  MenuOutlined,
  MoonOutlined,
  SearchOutlined,
  SunOutlined,
  UserOutlined,
} from '@ant-design/icons'
import { Button, Dropdown } from 'antd'
import { Bell } from './bell.tsx'
import { ago } from './format.ts'
import { toggleLive, useLive } from './live.ts'
import { enterWorkspace, signOut, useMe } from './me.ts'
import { useNow } from './parts/clock.ts'
import { Label } from './parts/status.tsx'
import { preferences, useDark } from './preferences.ts'
import type { Panel } from './shell.tsx'
import { shellWords } from './shell-words.ts'
import { fill, useWords } from './words.ts'

/** The header: where I am, what kind of data this is, whether it is live, and what is mine. */
export function Header({ open, narrow }: { open: (panel: Panel) => void; narrow: boolean }) {
  const w = useWords(shellWords)
  const me = useMe()
  return (
    <header className="d-header">
      {narrow && (
        <Button type="text" aria-label={w.menu} icon={<MenuOutlined />} onClick={() => open('rail')} />
      )}
      <Workspace />
      <button type="button" className="d-search" onClick={() => open('search')}>
        <SearchOutlined />
        <span>{w.search}</span>
        <kbd>/</kbd>
      </button>
      <span className="d-space" />
      {me && (
        <Label tone={me.sandbox ? 'warning' : 'success'} title={me.sandbox ? w.sandboxSays : w.realSays}>
          {me.sandbox ? w.sandboxData : w.realData}
        </Label>
      )}
      <LiveDot />
      <Bell />
      <Theme />
      <Button
        type="text"
        className="d-language"
        title={w.otherLanguage}
        aria-label={w.otherLanguage}
        onClick={() => preferences.set({ language: preferences.get().language === 'zh' ? 'en' : 'zh' })}
      >
        {w.otherLanguageShort}
      </Button>
      <User open={open} />
    </header>
  )
}

function Workspace() {
  const w = useWords(shellWords)
  const me = useMe()
  if (!me) return null
  const items = me.workspaces.map(({ id, name, role }) => ({
    key: id,
    label: `${name} · ${w[role]}`,
    onClick: () => void (id === me.workspace.id || enterWorkspace(id)),
  }))
  if (items.length < 2) return <span className="d-workspace d-workspace-only">{me.workspace.name}</span>
  return (
    <Dropdown trigger={['click']} menu={{ items, selectedKeys: [me.workspace.id] }}>
      <Button type="text" className="d-workspace" title={w.workspace}>
        <span>{me.workspace.name}</span> <DownOutlined />
      </Button>
    </Dropdown>
  )
}

function LiveDot() {
  const w = useWords(shellWords)
  const now = useNow()
  const { state, lastAtMs } = useLive()
  const word = { live: w.liveOn, paused: w.livePaused, lost: w.liveLost, connecting: w.liveConnecting }[state]
  const when = lastAtMs ? ago(lastAtMs, now, w.language) : w.never
  return (
    <button
      type="button"
      className={`d-live d-live-${state}`}
      onClick={toggleLive}
      title={fill(w.liveSays, { when })}
      aria-label={word}
    >
      <i aria-hidden />
      <span>{word}</span>
    </button>
  )
}

function Theme() {
  const w = useWords(shellWords)
  const dark = useDark()
  const label = dark ? w.toLight : w.toDark
  return (
    <Button
      type="text"
      className="d-wide-only"
      title={`${label} t`}
      aria-label={label}
      icon={dark ? <SunOutlined /> : <MoonOutlined />}
      onClick={() => preferences.set({ theme: dark ? 'light' : 'dark' })}
    />
  )
}

function User({ open }: { open: (panel: Panel) => void }) {
  const w = useWords(shellWords)
  const me = useMe()
  if (!me) return null
  const items = [
    {
      key: 'who',
      disabled: true,
      label: (
        <span className="d-who">
          {me.user.name}
          <br />
          {me.user.email} · {w[me.role]}
        </span>
      ),
    },
    { type: 'divider' as const },
    { key: 'shortcuts', label: w.shortcuts, onClick: () => open('shortcuts') },
    { key: 'theme', label: w.followSystem, onClick: () => preferences.set({ theme: 'system' }) },
    { key: 'password', label: w.changePassword, onClick: () => open('password') },
    { type: 'divider' as const },
    { key: 'out', label: w.signOut, onClick: () => void signOut() },
  ]
  return (
    <Dropdown trigger={['click']} menu={{ items }} placement="bottomRight">
      <Button type="text" aria-label={w.user} title={me.user.name} icon={<UserOutlined />} />
    </Dropdown>
  )
}
