import { AudioOutlined, FileUnknownOutlined, PictureOutlined, VideoCameraOutlined } from '@ant-design/icons'
import { type CSSProperties, useEffect, useState } from 'react'
import type { FileView } from '#capabilities/create/media-metadata/library.ts'
import { words } from '#capabilities/create/media-metadata/words.ts'
import { useWords } from '#console/words.ts'
import { filePath } from './path.ts'

const TRIES = 3
const PAUSE_MS = 2_500
const icons = { video: <VideoCameraOutlined />, image: <PictureOutlined />, audio: <AudioOutlined /> }

type Pictured = Pick<FileView, 'fileId' | 'hasPoster' | 'mediaKind' | 'lookedAtMs' | 'fileName'>

/** A frame of the file, or the sign of its kind. Pictures are made on demand, a few at a time: a busy answer is asked again. */
export function Poster({
  file,
  style,
  fit = 'cover',
}: {
  file: Pictured
  style?: CSSProperties
  fit?: 'cover' | 'contain'
}) {
  const w = useWords(words)
  const [tries, setTries] = useState(0)
  const [isBroken, setBroken] = useState(false)
  useEffect(() => {
    if (!isBroken || tries + 1 >= TRIES) return
    const timer = setTimeout(() => {
      setTries(tries + 1)
      setBroken(false)
    }, PAUSE_MS)
    return () => clearTimeout(timer)
  }, [isBroken, tries])
  const frame: CSSProperties = {
    display: 'grid',
    placeItems: 'center',
    overflow: 'hidden',
    background: 'var(--d-head)',
    color: 'var(--d-text3)',
    ...style,
  }
  return (
    <span style={frame}>
      {file.hasPoster && !isBroken ? (
        <img
          // The time of the look: a changed file has another picture under the same id.
          src={`${filePath(file.fileId)}/poster?v=${file.lookedAtMs}${tries ? `&try=${tries}` : ''}`}
          alt=""
          loading="lazy"
          decoding="async"
          onError={() => setBroken(true)}
          style={{ display: 'block', width: '100%', height: '100%', minHeight: 0, objectFit: fit }}
        />
      ) : (
        <span title={w.noPicture} aria-hidden>
          {file.mediaKind ? icons[file.mediaKind] : <FileUnknownOutlined />}
        </span>
      )}
    </span>
  )
}
