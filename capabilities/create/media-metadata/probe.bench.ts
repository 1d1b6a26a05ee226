import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus, getPriority, loadavg, setPriority } from 'node:os'
import { dirname, extname, join } from 'node:path'
import { promisify } from 'node:util'
import { systemClock } from '#kernel/clock.ts'
import { migrationsOf, type TestLedger, testLedger } from '#testing/ledger.ts'
import { exportedLines } from './export.ts'
import { postgresLibrary } from './library.postgres.ts'
import { openRoom, ours } from './room.fixture.ts'
import { bunny, closeTools, ffmpeg, portrait, realData, scratch } from './samples.fixture.ts'
import { postgresStore } from './store.postgres.ts'

/*
 * 200 short real films and photos, never seen before, by our batch (from the request to the last commit, hashes, both
 * programs, records, ledger) beside a shell loop that runs ffprobe and then exiftool on each, the same binaries, and
 * throws their output away; three times in turns. Then 1,000 files again, none of them changed. Files are in the page cache for both.
 * Our programs work at priority 10 by design. Both sides, our own process and the ledger too, work at it here: on a
 * machine that is busy with something else the loop would otherwise be measured on more of it than we are.
 */
const FILES = 200
const AGAIN_FILES = 1_000
const ROUNDS = 3
const AGAIN_ROUNDS = 3
const NICE = 10

export default {
  name: 'probe',
  async run(): Promise<void> {
    const before = getPriority()
    setPriority(Math.max(before, NICE))
    const { folder, remove } = scratch()
    const it = await testLedger([migrationsOf('media-metadata', 'create')])
    const room = await openRoom(it, folder)
    try {
      console.log(`  load before ${loadavg()[0]!.toFixed(1)} on ${cpus().length} cores`)
      const [colds, loops]: [number[], number[]] = [[], []]
      for (let round = 0; round < ROUNDS; round++) {
        const small = join(folder, `library-${round}`)
        makeLibrary(small, { count: FILES, round })
        // In turns, so that neither has the quieter half of a noisy minute.
        const both = [
          async () => void colds.push((await batch(it, room, [small])).seconds),
          async () => void loops.push(await shellLoop(small)),
        ]
        for (const one of round % 2 ? both : both.reverse()) await one()
      }
      for (const seconds of colds) report(`${FILES} files, cold`, seconds, FILES)
      for (const seconds of loops) report('  shell loop of ffprobe, exiftool', seconds, FILES)
      const times = median(loops) / median(colds)
      console.log(`  ${times.toFixed(1)}x the loop, median by median (at least 5 is asked for)`)

      const large = join(folder, 'large')
      makeLibrary(large, { count: AGAIN_FILES, distinct: FILES, round: ROUNDS })
      await batch(it, room, [large])
      for (let round = 0; round < AGAIN_ROUNDS; round++) {
        const again = await batch(it, room, [large])
        if (again.cached !== AGAIN_FILES) throw new Error(`${again.cached} of ${AGAIN_FILES} were recognised`)
        report(`${AGAIN_FILES} files again, unchanged`, again.seconds, AGAIN_FILES)
      }
      console.log(`  load after ${loadavg()[0]!.toFixed(1)}`)
    } finally {
      await closeTools()
      await it.close()
      remove()
      restore(before)
    }
  },
}

function restore(priority: number): void {
  try {
    setPriority(priority)
  } catch {
    // Only root may go back up.
  }
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!

const report = (what: string, seconds: number, files: number) =>
  console.log(
    `  ${what.padEnd(36)} ${seconds.toFixed(2).padStart(7)} s  ${(files / seconds).toFixed(0).padStart(6)} files/s`,
  )

type Room = Awaited<ReturnType<typeof openRoom>>

async function batch(it: TestLedger, room: Room, sources: string[]) {
  const from = performance.now()
  const ask = {
    workspaceId: ours,
    sources,
    wantsGps: false,
    isFresh: false,
    anyPath: true,
    concurrency: 50,
    startedBy: 'key:local',
  }
  const { batchId } = await postgresStore(it.ledger).openBatch(ask, systemClock.now())
  const job = {
    id: 'bench',
    input: { workspaceId: ours, batchId },
    attempt: 1,
    signal: new AbortController().signal,
    progress: () => {},
  }
  await room.kinds.get('media-metadata/batch')!.handle(job)
  const seconds = (performance.now() - from) / 1_000
  const library = postgresLibrary(it.ledger)
  const view = (await library.batch(ours, batchId, systemClock.now()))!
  if (view.bad > 0) {
    const lines: string[] = []
    for await (const line of exportedLines(library, ours, batchId)) lines.push(line)
    throw new Error(`${view.bad} files are bad: ${lines.join('').match(/.*"verdict":"bad".*/)?.[0]}`)
  }
  return { seconds, cached: view.cached }
}

async function shellLoop(folder: string): Promise<number> {
  const { ffprobe } = await ffmpeg.inspect()
  const exiftool = join(
    dirname(createRequire(import.meta.url).resolve('exiftool-vendored.pl/package.json')),
    'bin/exiftool',
  )
  const loop =
    'for f in "$0"/*; do "$1" -v error -of json -show_format -show_streams -show_chapters "$f"; "$2" -json "$f"; done > /dev/null'
  const from = performance.now()
  await promisify(execFile)('/bin/sh', ['-c', loop, folder, ffprobe.path, exiftool], {
    env: { PATH: process.env.PATH },
  })
  return (performance.now() - from) / 1_000
}

/** Real films and photos in turn, each with a note of its own in it, so that no two have the same content. */
function makeLibrary(
  folder: string,
  { count, distinct = count, round }: { count: number; distinct?: number; round: number },
): void {
  mkdirSync(folder, { recursive: true })
  const films = ['big_buck_bunny_720p_10s.mp4', 'bottle-detection.mp4', 'car-detection.mp4'].map((name) =>
    realData('videos', name),
  )
  const photos = ['dog.jpg', 'eagle.jpg', 'person.jpg', 'curie_portrait.jpg', 'kite.jpg'].map((name) =>
    realData('images', name),
  )
  const real = [...films, ...photos].every((path) => path !== null)
  const sources = real
    ? films.flatMap((film, i) => [film!, photos[i]!]).concat(photos[3]!, photos[4]!)
    : [portrait, bunny]
  const contents = sources.map((path) => ({ ending: extname(path), bytes: readFileSync(path) }))
  for (let i = 0; i < count; i++) {
    const { ending, bytes } = contents[i % contents.length]!
    const note = Buffer.from(`copy ${round}-${String(i % distinct).padStart(6, '0')}`)
    writeFileSync(
      join(folder, `${String(i).padStart(5, '0')}${ending}`),
      ending === '.mp4' ? withBox(bytes, note) : withComment(bytes, note),
    )
  }
}

/** A free box at the end of an MP4: players pass over it. */
function withBox(bytes: Buffer, note: Buffer): Buffer {
  const head = Buffer.alloc(8)
  head.writeUInt32BE(8 + note.length, 0)
  head.write('free', 4)
  return Buffer.concat([bytes, head, note])
}

/** A comment segment behind the beginning of a JPEG. */
function withComment(bytes: Buffer, note: Buffer): Buffer {
  const head = Buffer.from([0xff, 0xfe, 0, 2 + note.length])
  return Buffer.concat([bytes.subarray(0, 2), head, note, bytes.subarray(2)])
}
