/** Job files to begin with, as the editor offers them. They name files that are not there: the check says which. */
export const TEMPLATES: readonly { name: string; zh: string; en: string; text: string }[] = [
  {
    name: 'portrait',
    zh: '横屏转竖屏,加字幕',
    en: 'Landscape to portrait, with subtitles',
    text: `# 一条横屏视频,裁成竖屏,烧录字幕,统一响度
name: 竖屏字幕
clips:
  - source: talk.mp4
    reframe: { to: portrait, focus: subject }
    subtitles: { file: talk.srt }
    loudness: true
`,
  },
  {
    name: 'batch',
    zh: '同一直播回放切多条',
    en: 'Many clips of one recording',
    text: `# 一场直播回放切成多条,同一标题条和水印
name: 直播切片
defaults:
  reframe: { to: portrait, policy: blur }
  watermark: { image: logo.png, corner: top-right, widthPercent: 14 }
  loudness: true
clips:
  - source: live.mp4
    name: 开场福利
    cut: { from: "0:02:10", to: "0:03:05" }
    title: { text: 开场福利 }
  - source: live.mp4
    name: 春节礼盒
    cut: { from: "0:18:40", to: "0:20:02.5" }
    title: { text: 春节限定礼盒 }
`,
  },
  {
    name: 'silence',
    zh: '口播去停顿',
    en: 'Talk without its pauses',
    text: `name: 去停顿
clips:
  - source: talk.mp4
    cut: { silence: { belowDb: -35, longerThanSeconds: 0.7 } }
    loudness: true
`,
  },
  {
    name: 'scenes',
    zh: '最长的三个镜头加配乐',
    en: 'The three longest scenes, with music',
    text: `name: 镜头集锦
clips:
  - source: trip.mp4
    cut: { scenes: { take: 3, atMostSeconds: 6 } }
    music: { file: music.mp3, volumeDb: -12 }
`,
  },
  {
    name: 'cut',
    zh: '只剪不转码',
    en: 'A cut and nothing else',
    text: `name: 快速剪切
clips:
  - source: long.mp4
    preset: source
    cut: { from: "1:00", to: "2:30" }
`,
  },
]
