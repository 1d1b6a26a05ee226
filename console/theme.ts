import { theme as antd, type ThemeConfig } from 'antd'
import { dark, light, mono, sans, type Tokens } from './tokens.ts'

export const tokens = (isDark: boolean): Tokens => (isDark ? dark : light)

/** antd in our colours. `*Bg` tokens are set by hand: the ones derived from dark seeds are muddy. */
export function antdTheme(isDark: boolean): ThemeConfig {
  const t = tokens(isDark)
  // The dark algorithm dulls its seeds: these are put back as they were chosen.
  const exact = {
    colorPrimary: t.primary,
    colorInfo: t.info,
    colorSuccess: t.success,
    colorWarning: t.warning,
    colorError: t.error,
    colorLink: t.info,
  }
  const fill = isDark ? 'rgba(236,234,230,' : 'rgba(31,29,26,'
  return {
    algorithm: [isDark ? antd.darkAlgorithm : antd.defaultAlgorithm, (_seed, map) => ({ ...map!, ...exact })],
    token: {
      ...exact,
      colorPrimaryBg: t.primaryBg,
      colorPrimaryBgHover: t.primaryBg,
      colorPrimaryText: t.primary,
      colorPrimaryHover: isDark ? '#F3B65A' : '#B06A0C',
      colorPrimaryActive: isDark ? '#CF8F2E' : '#7A4600',
      colorLinkHover: t.info,
      colorLinkActive: t.info,
      colorInfoBg: t.infoBg,
      colorInfoBorder: t.infoBg,
      colorInfoText: t.info,
      colorSuccessBg: t.successBg,
      colorSuccessBorder: t.successBg,
      colorWarningBg: t.warningBg,
      colorWarningBorder: t.warningBg,
      colorErrorBg: t.errorBg,
      colorErrorBorder: t.errorBg,
      colorErrorText: t.error,
      colorText: t.text,
      colorTextHeading: t.text,
      colorTextSecondary: t.text2,
      colorTextTertiary: t.text3,
      colorTextQuaternary: t.text3,
      colorTextDescription: t.text2,
      colorTextPlaceholder: t.text3,
      colorIcon: t.text3,
      colorBgLayout: t.page,
      colorBgContainer: t.container,
      colorBgElevated: t.raised,
      colorBgSpotlight: isDark ? '#343942' : '#2B2824',
      colorBorder: isDark ? '#3A3F49' : '#D3CFC6',
      colorBorderSecondary: t.line,
      colorSplit: t.line,
      colorFill: `${fill}0.15)`,
      colorFillSecondary: `${fill}0.08)`,
      colorFillTertiary: `${fill}0.05)`,
      colorFillQuaternary: `${fill}0.03)`,
      colorPrimaryBorder: t.primary, // the focus ring of antd's own parts
      lineWidthFocus: 2,
      controlOutline: 'transparent',
      fontFamily: sans,
      fontFamilyCode: mono,
      fontSize: 14,
      borderRadius: 6,
      boxShadowTertiary: 'none',
      motion: false,
    },
    components: {
      Button: {
        primaryColor: t.primaryInk,
        primaryShadow: 'none',
        defaultShadow: 'none',
        dangerShadow: 'none',
      },
      Segmented: { trackBg: t.head, itemColor: t.text2, itemSelectedBg: isDark ? '#343942' : '#FFFFFF' },
      Tabs: { horizontalMargin: '0', titleFontSize: 14 },
    },
  }
}

const kebab = (name: string) => name.replace(/[A-Z]/g, (part) => `-${part.toLowerCase()}`)

/** The same tokens as `--d-…` for console.css. Set by script, which a strict CSP allows. */
export function paint(isDark: boolean) {
  const root = document.documentElement
  for (const [name, value] of Object.entries(tokens(isDark)))
    root.style.setProperty(`--d-${kebab(name)}`, value)
  root.style.setProperty('--d-sans', sans)
  root.style.setProperty('--d-mono', mono)
  root.style.colorScheme = isDark ? 'dark' : 'light'
  root.dataset['theme'] = isDark ? 'dark' : 'light'
  root.style.background = tokens(isDark).page
}
