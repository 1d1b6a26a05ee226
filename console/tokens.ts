/** Colours, sizes and faces of the console. Pure values: `theme.ts` gives them to antd, `chart-theme.ts` to ECharts. */

export type Tokens = {
  page: string
  container: string
  raised: string
  head: string
  text: string
  text2: string
  text3: string
  line: string
  hover: string
  primary: string
  primaryInk: string
  primaryBg: string
  info: string
  infoBg: string
  success: string
  successBg: string
  warning: string
  warningBg: string
  error: string
  errorBg: string
  live: string
  liveBg: string
  neutral: string
  neutralBg: string
}

export const light: Tokens = {
  page: '#F6F5F2',
  container: '#FFFFFF',
  raised: '#FFFFFF',
  head: '#F1EFEA',
  text: '#1F1D1A',
  text2: '#5C5852',
  text3: '#6E6A63',
  line: '#E4E1DA',
  hover: '#F7F5F0',
  primary: '#9A5800',
  primaryInk: '#FFFFFF',
  primaryBg: '#FBF0DC',
  info: '#1D4ED8',
  infoBg: '#E8EFFE',
  success: '#13743A',
  successBg: '#E8F6EC',
  warning: '#A14A06',
  warningBg: '#FDF1DF',
  error: '#C8102E',
  errorBg: '#FDEBED',
  live: '#B4135C',
  liveBg: '#FCE8F1',
  neutral: '#5B616B',
  neutralBg: '#F0F1F3',
}

export const dark: Tokens = {
  page: '#0F1013',
  container: '#17191E',
  raised: '#1F2228',
  head: '#1D2026',
  text: '#ECEAE6',
  text2: '#B4B0A8',
  text3: '#98948C',
  line: '#2C3038',
  hover: '#1C1F25',
  primary: '#E8A33D',
  primaryInk: '#1A1206',
  primaryBg: '#2E2210',
  info: '#8AB4FF',
  infoBg: '#16233D',
  success: '#4ADE80',
  successBg: '#132A1C',
  warning: '#FBBF24',
  warningBg: '#30240D',
  error: '#FF8A94',
  errorBg: '#351A1E',
  live: '#FF8FC0',
  liveBg: '#331627',
  neutral: '#A9AEB8',
  neutralBg: '#24272D',
}

/** Told apart under normal, deutan, protan and tritan vision; use in this order, six at most. */
export const palette = {
  light: ['#0B6BCB', '#C2570C', '#370435', '#1EA381', '#925B8D', '#484539'],
  dark: ['#5AA9FF', '#F39A4A', '#EDF7A8', '#964EAE', '#E8BCD4', '#227702'],
}

export const sans =
  "system-ui, -apple-system, 'PingFang SC', 'HarmonyOS Sans SC', 'MiSans', 'Microsoft YaHei UI', 'Noto Sans SC', 'Noto Sans CJK SC', sans-serif"
export const mono = "ui-monospace, Menlo, Consolas, 'Noto Sans Mono CJK SC', monospace"

const channel = (hex: string, at: number) => {
  const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
}

/** WCAG 2.2 contrast ratio of two `#RRGGBB` colours, 1 to 21. */
export function contrast(one: string, other: string): number {
  const light = (hex: string) =>
    0.2126 * channel(hex, 1) + 0.7152 * channel(hex, 3) + 0.0722 * channel(hex, 5)
  const [high, low] = [light(one), light(other)].sort((a, b) => b - a) as [number, number]
  return (high + 0.05) / (low + 0.05)
}
