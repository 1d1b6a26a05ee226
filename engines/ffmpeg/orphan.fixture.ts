// A process that runs ffmpeg for long and is then killed by the test: what it started must go with it.
import { asFile, ffmpegTools } from './ffmpeg.ts'

const tools = ffmpegTools({ ffmpegPath: '', ffprobePath: '' })
await tools.inspect()
let isTold = false
await tools.run(['-re', '-f', 'lavfi', '-i', 'testsrc2', '-f', 'mpegts', '-y', asFile(process.argv[2]!)], {
  timeoutMs: 60_000,
  onProgress() {
    if (!isTold) console.log('running')
    isTold = true
  },
})
