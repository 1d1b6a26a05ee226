import { useQuery } from '@tanstack/react-query'
import { Alert, Button, Form, Input } from 'antd'
import { useState } from 'react'
import type { Preset } from '#capabilities/create/media-metadata/readiness.ts'
import { words } from '#capabilities/create/media-metadata/words.ts'
import { api, read, refresh } from '#console/client.ts'
import { num } from '#console/format.ts'
import { useMayChange } from '#console/me.ts'
import { useDone } from '#console/parts/confirm.tsx'
import { Loading } from '#console/parts/loading.tsx'
import { Card } from '#console/parts/page.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { Label } from '#console/parts/status.tsx'
import { usePhone } from '#console/preferences.ts'
import { fill, useWords } from '#console/words.ts'
import { path } from './path.ts'
import { fieldName } from './record-table.tsx'

interface Answer {
  preset: Preset
  sources: Record<keyof Preset, 'platform' | 'preset'>
}

/** Bounds as the API has them. */
const BOUNDS: Partial<Record<keyof Preset, [from: number, to: number]>> = {
  maxDurationSeconds: [1, 86_400],
  maxSizeMb: [1, 1_000_000],
  minShortSidePx: [1, 8_640],
  minFps: [1, 240],
  maxFps: [1, 240],
  minVideoBitrateKbps: [0, 1_000_000],
}
const STOPS: (keyof Preset)[] = [
  'maxDurationSeconds',
  'maxSizeMb',
  'containers',
  'videoCodecs',
  'audioCodecs',
  'imageFormats',
]
const partsOf = (text: string) =>
  text
    .split(/[,，\s]+/)
    .map((part) => part.trim().toLowerCase())
    .filter(Boolean)

/** The rules of readiness, each with its source; all but two are ours. */
export default function Rules() {
  const w = useWords(words)
  const query = useQuery(read<Answer>(`${path}/preset`))
  if (query.isError) return <Reason problem={query.error} onRetry={() => void query.refetch()} />
  if (!query.data) return <Loading shape="rows" what={w.rules} />
  return <Rulebook key={JSON.stringify(query.data.preset)} {...query.data} />
}

function Rulebook({ preset, sources }: Answer) {
  const w = useWords(words)
  const done = useDone()
  const may = useMayChange()
  const phone = usePhone()
  const names = Object.keys(sources) as (keyof Preset)[]
  const shown = (name: keyof Preset) => [preset[name]].flat().join(', ')
  const [texts, setTexts] = useState(() => Object.fromEntries(names.map((name) => [name, shown(name)])))
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>()
  const isChanged = names.some((name) => texts[name] !== shown(name))
  const wrong = (name: keyof Preset): string | undefined => {
    const bounds = BOUNDS[name]
    const text = texts[name] ?? ''
    if (bounds) {
      const value = Number(text)
      const isFine = text.trim() !== '' && value >= bounds[0] && value <= bounds[1]
      return isFine ? undefined : fill(w.badNumber, { from: num(bounds[0]), to: num(bounds[1]) })
    }
    const pattern = name === 'ratios' ? /^[1-9]\d{0,3}(\.\d+)?:[1-9]\d{0,3}(\.\d+)?$/ : /^[a-z0-9_]+$/
    const parts = partsOf(text)
    return parts.length > 0 && parts.every((part) => pattern.test(part))
      ? undefined
      : fill(w.badList, { like: shown(name) })
  }
  const save = async () => {
    setBusy(true)
    setProblem(undefined)
    try {
      const body = Object.fromEntries(
        names.map((name) => [name, BOUNDS[name] ? Number(texts[name]) : partsOf(texts[name] ?? '')]),
      )
      await api.put(`${path}/preset`, body)
      done(w.savedDone)
      await refresh(path)
    } catch (thrown) {
      setProblem(thrown)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Card>
      <div className="d-stack" style={{ maxWidth: 880 }}>
        <Alert type="info" showIcon title={w.rulesNote} />
        {phone && <p className="d-muted">{w.phoneReadOnly}</p>}
        {problem !== undefined && <Reason problem={problem} />}
        <Form layout="vertical" style={grid}>
          {names.map((name) => {
            const bad = wrong(name)
            return (
              <Form.Item
                key={name}
                style={{ marginBottom: 0 }}
                label={
                  <span style={{ display: 'inline-flex', gap: 8, alignItems: 'center', flexWrap: 'wrap' }}>
                    {fieldName(name, w.language)}
                    <Label tone={sources[name] === 'platform' ? 'info' : 'neutral'}>{w[sources[name]]}</Label>
                  </span>
                }
                {...(bad ? { validateStatus: 'error' as const, help: bad } : {})}
                extra={STOPS.includes(name) ? w.onlyErrors : w.onlyWarns}
              >
                <Input
                  aria-label={fieldName(name, w.language)}
                  value={texts[name] ?? ''}
                  readOnly={phone || !may}
                  {...(BOUNDS[name] ? { inputMode: 'decimal' as const } : {})}
                  onChange={({ target }) => setTexts({ ...texts, [name]: target.value })}
                />
              </Form.Item>
            )
          })}
        </Form>
        {!phone && (
          <div>
            <Button
              disabled={!may || !isChanged || names.some(wrong)}
              loading={isBusy}
              onClick={() => void save()}
            >
              {w.save}
            </Button>
          </div>
        )}
      </div>
    </Card>
  )
}

const grid = {
  display: 'grid',
  gap: '16px 24px',
  gridTemplateColumns: 'repeat(auto-fill, minmax(260px, 1fr))',
} as const
