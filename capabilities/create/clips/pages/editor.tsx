import { useQuery } from '@tanstack/react-query'
import { Button, Select } from 'antd'
import { useCallback, useEffect, useRef, useState } from 'react'
import type { CheckedJob, Submitted } from '#capabilities/create/clips/desk.ts'
import { words } from '#capabilities/create/clips/words.ts'
import { useAddress } from '#console/address.ts'
import { api, type ListPage, read, refresh } from '#console/client.ts'
import { useMayChange } from '#console/me.ts'
import { useDone } from '#console/parts/confirm.tsx'
import { Card } from '#console/parts/page.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { usePhone } from '#console/preferences.ts'
import { useWords } from '#console/words.ts'
import { Complaints } from './complaints.tsx'
import { DryRun } from './dry-run.tsx'
import { path } from './path.ts'
import { SourceList } from './source-list.tsx'
import { TextField, type TextHandle } from './text-field.tsx'

interface Template {
  name: string
  zh: string
  en: string
  text: string
}

const DRAFT = 'doubloon-clip-draft'
const PAUSE_MS = 600
const forSource = (source: string) => `clips:
  - source: ${JSON.stringify(source)}
    reframe: { to: portrait, focus: subject }
    loudness: true
`

function keptDraft(): string {
  try {
    return localStorage.getItem(DRAFT) ?? ''
  } catch {
    return '' // a blocked storage costs the draft, not the page
  }
}

/** A job file with everything that is wrong with it, and the plan of each clip, before anything is done. */
export default function Editor() {
  const w = useWords(words)
  const may = useMayChange()
  const phone = usePhone()
  const done = useDone()
  const [search, change] = useAddress()
  const field = useRef<TextHandle>(null)
  const [text, setText] = useState(() => (search['source'] ? forSource(search['source']) : keptDraft()))
  const { checked, isChecking, problem, check } = useCheck(text, may)
  const [isStarting, setStarting] = useState(false)
  const [refusal, setRefusal] = useState<unknown>()
  const errors = checked?.complaints.filter(({ severity }) => severity === 'error') ?? []

  useEffect(() => {
    try {
      localStorage.setItem(DRAFT, text)
    } catch {
      // kept for this visit only
    }
  }, [text])

  const start = async () => {
    setStarting(true)
    setRefusal(undefined)
    try {
      const { jobId, isNew } = await api.post<Submitted>(`${path}/jobs`, { text })
      if (jobId === null) return check()
      done(isNew ? w.startedDone : w.sameDone)
      await refresh(path)
      change({ tab: 'clips', job: jobId, source: undefined })
    } catch (thrown) {
      setRefusal(thrown)
    } finally {
      setStarting(false)
    }
  }
  return (
    <div className="d-columns">
      <div className="d-stack" style={{ minWidth: 0 }}>
        <Card>
          <div className="d-stack" style={{ gap: 8 }}>
            {phone && <p className="d-muted">{w.phoneReadOnly}</p>}
            <div className="d-filters">
              <Templates choose={setText} />
              <UploadText take={setText} />
              <span className="d-space" />
              <Button disabled={!may || text.trim() === ''} loading={isChecking} onClick={check}>
                {w.validate}
              </Button>
              <Button
                type="primary"
                disabled={!may || !checked || errors.length > 0 || text.trim() === ''}
                loading={isStarting}
                onClick={() => void start()}
              >
                {w.start}
              </Button>
            </div>
            {(refusal ?? problem) !== undefined && <Reason problem={refusal ?? problem} />}
            <TextField
              handle={field}
              label={w.text}
              value={text}
              readOnly={phone}
              marks={errors.flatMap(({ line }) => line ?? [])}
              onChange={setText}
              onBlur={check}
              onEnter={() => void (checked && errors.length === 0 && may && start())}
            />
            <p className="d-muted">{w.leaveKept}</p>
          </div>
        </Card>
        {!phone && <SourceList insert={(source) => field.current?.insert(source)} />}
      </div>
      <div className="d-stack" style={{ minWidth: 0 }}>
        <Complaints
          complaints={checked?.complaints}
          isEmpty={text.trim() === ''}
          go={(line, column) => field.current?.go(line, column)}
        />
        <DryRun clips={checked?.clips} />
      </div>
    </div>
  )
}

/** Asks what is wrong with a text: a moment after it changed, and at once when told to. The last answer wins. */
function useCheck(text: string, may: boolean) {
  const [checked, setChecked] = useState<CheckedJob>()
  const [isChecking, setChecking] = useState(false)
  const [problem, setProblem] = useState<unknown>()
  const asked = useRef(0)
  const last = useRef<string>(undefined)
  const ask = useCallback(
    async (isForced: boolean) => {
      if (!may || text.trim() === '' || (!isForced && last.current === text)) return
      last.current = text
      const mine = ++asked.current
      setChecking(true)
      try {
        const answer = await api.post<CheckedJob>(`${path}/validate`, { text })
        if (mine !== asked.current) return
        setChecked(answer)
        setProblem(undefined)
      } catch (thrown) {
        if (mine === asked.current) setProblem(thrown)
      } finally {
        if (mine === asked.current) setChecking(false)
      }
    },
    [text, may],
  )
  useEffect(() => {
    if (text.trim() === '') setChecked(undefined)
    const timer = setTimeout(() => void ask(false), PAUSE_MS)
    return () => clearTimeout(timer)
  }, [ask, text])
  return { checked, isChecking, problem, check: () => void ask(true) }
}

function Templates({ choose }: { choose: (text: string) => void }) {
  const w = useWords(words)
  const templates = useQuery(read<ListPage<Template>>(`${path}/templates`)).data?.items ?? []
  return (
    <Select
      className="d-filter-choice"
      aria-label={w.template}
      placeholder={w.fromTemplate}
      value={null!}
      popupMatchSelectWidth={false}
      options={templates.map((one) => ({
        value: one.name,
        label: w.language === 'zh' ? one.zh.replaceAll(',', '，') : one.en,
      }))}
      onChange={(name: string) => choose(templates.find((one) => one.name === name)?.text ?? '')}
    />
  )
}

function UploadText({ take }: { take: (text: string) => void }) {
  const w = useWords(words)
  const chosen = useRef<HTMLInputElement>(null)
  return (
    <>
      <Button onClick={() => chosen.current?.click()}>{w.upload}</Button>
      <input
        ref={chosen}
        type="file"
        hidden
        accept=".yaml,.yml,.json"
        onChange={({ target }) => {
          void target.files?.[0]?.text().then(take)
          target.value = ''
        }}
      />
    </>
  )
}
