import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ffmpegTools } from '#engines/ffmpeg/ffmpeg.ts'
import { SOFTWARE } from './encoder.ts'
import { fingerprints } from './fingerprint.ts'
import { readJobValue } from './job-text.ts'
import { type Made, type Maker, made } from './make.ts'
import { ffmpegMedia } from './media.ffmpeg.ts'
import { salientSubject } from './picture/subject.ts'
import { prepared } from './prepare.ts'

export type Studio = ReturnType<typeof studio>

/** A folder with the real programs, for suites that make real clips of small films. */
export function studio(ffmpegPath = '') {
  const tools = ffmpegTools({ ffmpegPath, ffprobePath: '' })
  const media = ffmpegMedia(tools)
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'doubloon-clips-')))
  const signal = new AbortController().signal
  const at = (name: string) => join(folder, name)
  const run = (...args: string[]) => tools.run(['-y', '-v', 'error', ...args], { timeoutMs: 60_000 })
  const maker: Maker = {
    media,
    subject: salientSubject,
    folder: at('room'),
    printOf: fingerprints(),
    encoder: async () => SOFTWARE,
  }

  const check = async (job: unknown, reach = { roots: [folder], isAnywhere: false }) => {
    const read = readJobValue(job)
    const clips = read.job
      ? await prepared({ ...read, job: read.job, reach, base: folder, outputs: at('outputs'), media, signal })
      : []
    return { complaints: read.complaints.all, clips }
  }

  return {
    tools,
    media,
    maker,
    folder,
    at,
    check,
    /** A test film: ticks, colours and a counter move in it, a tone sounds. `more` goes before the output's name. */
    async film(
      name: string,
      { size = '320x180', rate = '25', seconds = 2, sound = 'sine=f=440:b=4', more = [] as string[] } = {},
    ) {
      const picture = ['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=${rate}:d=${seconds}`]
      const tone = sound ? ['-f', 'lavfi', '-i', `${sound}:d=${seconds}`] : []
      const codec = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac']
      await run(...picture, ...tone, ...codec, ...more, `file:${at(name)}`)
      return at(name)
    },
    run,
    write(name: string, content: string | Uint8Array) {
      writeFileSync(at(name), content)
      return at(name)
    },
    /** One clip, checked and made; throws the first error of the check. */
    async make(
      clip: object,
      given: { signal?: AbortSignal; remembered?: (key: string) => Promise<Made | null> } = {},
    ): Promise<Made> {
      const { complaints, clips } = await check({ clips: [{ preset: 'draft', ...clip }] })
      const wrong = complaints.find(({ severity }) => severity === 'error')
      if (wrong) throw Object.assign(new Error(wrong.message), { code: wrong.code })
      return made(maker, {
        order: clips[0]!.order,
        signal: given.signal ?? signal,
        onStep: () => {},
        onProgress: () => {},
        remembered: given.remembered ?? (async () => null),
      })
    },
    /** One frame as RGB bytes, or scaled to `size` first. */
    async frame(path: string, atSeconds: number, size: { width: number; height: number }): Promise<Buffer> {
      const scale = [
        '-vf',
        `scale=${size.width}:${size.height}:flags=area`,
        '-f',
        'rawvideo',
        '-pix_fmt',
        'rgb24',
        'pipe:1',
      ]
      const { stdout } = await tools.run(
        ['-v', 'error', '-ss', `${atSeconds}`, '-i', `file:${path}`, '-frames:v', '1', ...scale],
        {
          timeoutMs: 60_000,
        },
      )
      return stdout
    },
    async close() {
      await tools.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
