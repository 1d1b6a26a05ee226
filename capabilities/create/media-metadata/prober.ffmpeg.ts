import { type FfmpegTools, inputOf } from '#engines/ffmpeg/ffmpeg.ts'
import type { Prober } from './prober.ts'
import type { Described } from './record/said.ts'

const ENCODERS = {
  webp: ['-c:v', 'libwebp', '-quality', '80', '-f', 'webp'],
  jpeg: ['-c:v', 'mjpeg', '-q:v', '4', '-f', 'mjpeg'],
}
const MOST_BYTES = 4 * 1024 * 1024

export function ffmpegProber(tools: FfmpegTools): Prober {
  return {
    version: async () => (await tools.binary('ffprobe')).version,
    describe: async (path, options) => (await tools.probe(path, options)) as Described,
    async poster(path, { format, atSeconds, maxWidth, timeoutMs }) {
      // ffmpeg turns the picture as its matrix says; what is left is to make it small, with even sides.
      const scale = `scale='min(${maxWidth},iw)':-2:flags=area,setsar=1`
      const { args: input, stdin } = inputOf(path)
      // Into standard input nobody can seek.
      const seek = stdin ? [] : ['-ss', String(atSeconds)]
      const args = ['-v', 'error', '-protocol_whitelist', 'file,pipe', ...seek, ...input]
      const out = [
        '-map',
        '0:v:0',
        '-frames:v',
        '1',
        '-vf',
        scale,
        '-pix_fmt',
        format === 'webp' ? 'yuv420p' : 'yuvj420p',
      ]
      const { stdout } = await tools.run([...args, ...out, ...ENCODERS[format], 'pipe:1'], {
        timeoutMs,
        stdin,
        maxStdoutBytes: MOST_BYTES,
      })
      return stdout
    },
  }
}
