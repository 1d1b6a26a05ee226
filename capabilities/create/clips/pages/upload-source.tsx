import { Button } from 'antd'
import { useRef, useState } from 'react'
import { words } from '#capabilities/create/clips/words.ts'
import { refresh } from '#console/client.ts'
import { num } from '#console/format.ts'
import { useMayChange } from '#console/me.ts'
import { Reason } from '#console/parts/reason.tsx'
import { problem as problemOf } from '#console/problem.ts'
import { fill, useWords } from '#console/words.ts'
import { path } from './path.ts'

/** As much as one request takes. */
const PIECE_BYTES = 8 * 1024 * 1024

/** Sends files that jobs may then name, one after the other, in pieces. */
export function UploadSource() {
  const w = useWords(words)
  const may = useMayChange()
  const chosen = useRef<HTMLInputElement>(null)
  const [sent, setSent] = useState<{ name: string; share: number }>()
  const [problem, setProblem] = useState<unknown>()
  const take = async (files: File[]) => {
    setProblem(undefined)
    try {
      for (const file of files) await send(file, (share) => setSent({ name: file.name, share }))
    } catch (thrown) {
      setProblem(thrown)
    } finally {
      setSent(undefined)
      await refresh(`${path}/sources`)
    }
  }
  return (
    <>
      {problem !== undefined && <Reason problem={problem} />}
      <Button size="small" disabled={!may || sent !== undefined} onClick={() => chosen.current?.click()}>
        {sent ? fill(w.sending, { n: num(Math.floor(sent.share * 100)) }) : w.uploadSource}
      </Button>
      <input
        ref={chosen}
        type="file"
        hidden
        multiple
        accept="video/*,audio/*,image/*,.srt,.ass,.vtt"
        onChange={({ target }) => {
          void take([...(target.files ?? [])])
          target.value = ''
        }}
      />
    </>
  )
}

async function send(file: File, told: (share: number) => void): Promise<void> {
  for (let offset = 0; offset < file.size; offset += PIECE_BYTES) {
    told(offset / file.size)
    const answer = await fetch(
      `${path}/uploads/${encodeURIComponent(file.name)}?sizeBytes=${file.size}&offset=${offset}`,
      {
        method: 'PUT',
        headers: { 'content-type': 'application/octet-stream' },
        body: file.slice(offset, offset + PIECE_BYTES),
      },
    )
    if (!answer.ok)
      throw problemOf(
        answer.status,
        await answer.json().catch(() => undefined),
        answer.headers.get('retry-after'),
      )
  }
}
