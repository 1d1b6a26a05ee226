import { type Static, type TSchema, Type } from 'typebox'
import { DEFAULT_PRESET, PRESET_NAMES } from './presets.ts'

/** The job file: one clip or hundreds. This schema is published at `GET /api/clips/schema` and checks every file. */

export const CLIPS_MAX = 1_000

const options = { additionalProperties: false }
const oneOf = <const T extends readonly string[]>(values: T, more: object = {}) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: [...values], ...more })
const Path = (says: string) => Type.String({ minLength: 1, maxLength: 1_000, description: says })
const Colour = Type.String({ pattern: '^[0-9A-Fa-f]{6}$', description: 'RRGGBB' })
const Time = Type.Union(
  [Type.Number({ minimum: 0 }), Type.String({ pattern: '^(\\d+:){0,2}\\d+(\\.\\d+)?$' })],
  { description: 'Seconds, or "1:23.5", or "00:01:23.500"' },
)
const maybe = <T extends TSchema>(schema: T) => Type.Optional(schema)

export const Cut = Type.Object(
  {
    from: maybe(Time),
    to: maybe(Time),
    silence: maybe(
      Type.Object(
        {
          belowDb: maybe(Type.Number({ minimum: -90, maximum: -10, default: -35 })),
          longerThanSeconds: maybe(Type.Number({ minimum: 0.1, maximum: 60, default: 0.7 })),
          keepSeconds: maybe(Type.Number({ minimum: 0, maximum: 5, default: 0.15 })),
        },
        { ...options, description: 'Takes out what is silent, and leaves a breath at both sides.' },
      ),
    ),
    scenes: maybe(
      Type.Object(
        {
          threshold: maybe(
            Type.Number({
              minimum: 1,
              maximum: 90,
              default: 12,
              description: 'Change of the picture, in percent, that begins a scene.',
            }),
          ),
          atLeastSeconds: maybe(Type.Number({ minimum: 0.2, maximum: 3_600, default: 1.5 })),
          atMostSeconds: maybe(Type.Number({ minimum: 0.2, maximum: 3_600 })),
          take: maybe(Type.Integer({ minimum: 1, maximum: 100, default: 1 })),
        },
        { ...options, description: 'Keeps the longest scenes, in their order.' },
      ),
    ),
  },
  { ...options, description: 'What is kept of the source; silence and scenes look between from and to.' },
)

const ReframeSchema = Type.Object(
  {
    to: maybe(oneOf(['auto', 'portrait', 'landscape', 'source'])),
    policy: maybe(
      oneOf(['crop', 'pad', 'blur'], { description: 'For a picture of another shape than the frame.' }),
    ),
    focus: maybe(oneOf(['centre', 'subject'], { default: 'centre', description: 'What a crop follows.' })),
    width: maybe(Type.Integer({ minimum: 64, maximum: 4096, multipleOf: 2 })),
    height: maybe(Type.Integer({ minimum: 64, maximum: 4096, multipleOf: 2 })),
  },
  options,
)

export const Style = Type.Object(
  {
    fontSize: maybe(
      Type.Number({
        minimum: 12,
        maximum: 96,
        description: 'On a frame whose shorter side is 720 px. Default 24.',
      }),
    ),
    colour: maybe(Colour),
    outlineColour: maybe(Colour),
    outline: maybe(Type.Number({ minimum: 0, maximum: 12 })),
    bold: maybe(Type.Boolean()),
    bottomPercent: maybe(
      Type.Number({ minimum: 10, maximum: 60, description: 'Free below the words, of the height.' }),
    ),
  },
  options,
)

const SubtitlesSchema = Type.Object(
  {
    file: Path('.srt, .vtt or .ass; UTF-8, UTF-16 or GBK'),
    offsetSeconds: maybe(Type.Number({ minimum: -86_400, maximum: 86_400 })),
    style: maybe(Style),
  },
  options,
)

const TitleSchema = Type.Object(
  {
    text: Type.String({ minLength: 1, maxLength: 120 }),
    fontSize: maybe(Type.Number({ minimum: 16, maximum: 120, default: 40 })),
    colour: maybe(Colour),
    bar: maybe(
      Type.Union([Colour, Type.Literal(false)], {
        description: 'Colour of the bar behind it; false for none.',
      }),
    ),
    forSeconds: maybe(Type.Number({ minimum: 0.5, maximum: 3_600, description: 'Default: all the time.' })),
  },
  options,
)

const WatermarkSchema = Type.Object(
  {
    image: Path('PNG, JPEG or WebP'),
    corner: maybe(oneOf(['top-left', 'top-right', 'bottom-left', 'bottom-right'], { default: 'top-right' })),
    widthPercent: maybe(Type.Number({ minimum: 1, maximum: 60, default: 15 })),
    opacity: maybe(Type.Number({ minimum: 0.05, maximum: 1, default: 0.8 })),
  },
  options,
)

const MusicSchema = Type.Object(
  {
    file: Path('any sound that ffmpeg reads; repeated when it is too short'),
    volumeDb: maybe(Type.Number({ minimum: -60, maximum: 12, default: -18 })),
    duck: maybe(Type.Boolean({ default: true, description: 'Softer while the source has sound.' })),
  },
  options,
)

const LoudnessSchema = Type.Union(
  [
    Type.Boolean({ description: 'true: -16 LUFS, -1.5 dBTP' }),
    Type.Object(
      {
        lufs: maybe(Type.Number({ minimum: -40, maximum: -8, default: -16 })),
        truePeakDb: maybe(Type.Number({ minimum: -9, maximum: 0, default: -1.5 })),
      },
      options,
    ),
  ],
  { description: 'EBU R128: measured first, then set.' },
)

/** What may stand in `defaults` and in each clip. */
const shared = {
  cut: maybe(Cut),
  reframe: maybe(ReframeSchema),
  subtitles: maybe(SubtitlesSchema),
  title: maybe(TitleSchema),
  watermark: maybe(WatermarkSchema),
  music: maybe(MusicSchema),
  loudness: maybe(LoudnessSchema),
  preset: maybe(oneOf(PRESET_NAMES, { default: DEFAULT_PRESET })),
}

export const ClipEntry = Type.Object(
  {
    source: Path('a video'),
    name: maybe(
      Type.String({
        minLength: 1,
        maxLength: 80,
        pattern: '^[^/\\\\\\u0000]+$',
        description: 'Default: the name of the source.',
      }),
    ),
    output: maybe(Path('file name of the result; default: the name and .mp4')),
    ...shared,
  },
  options,
)

export const JobFile = Type.Object(
  {
    version: maybe(Type.Literal(1)),
    name: maybe(Type.String({ minLength: 1, maxLength: 120 })),
    output: maybe(Path('folder for the results; default: one of our own, to download from')),
    defaults: maybe(Type.Object(shared, options)),
    clips: Type.Array(ClipEntry, { minItems: 1, maxItems: CLIPS_MAX }),
  },
  {
    ...options,
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Doubloon clip job, version 1',
  },
)

export type JobFile = Static<typeof JobFile>
export type ClipEntry = Static<typeof ClipEntry>
export type CutAsk = Static<typeof Cut>

/** A clip with the job's defaults under its own words: a word of its own replaces the default as a whole. */
export const withDefaults = (job: JobFile): ClipEntry[] =>
  job.clips.map((clip) => ({ ...job.defaults, ...clip }))
