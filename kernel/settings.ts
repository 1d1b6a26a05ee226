import { existsSync, readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { fault } from './fault.ts'

/** One setting: its type, its default, and a sentence for the person who sets it. */
export interface Setting<T> {
  readonly kind: 'text' | 'secret' | 'integer' | 'flag' | 'choice'
  readonly default: T
  readonly says: string
  /** The environment's name where the derived one would be odd (`FACT_LOG`). */
  readonly env?: string
  /** The value, or a complaint that names the cure. */
  readonly parse: (text: string) => { value: T } | { complaint: string }
}

export type SettingsShape = Record<string, Setting<unknown>>
export type SettingsOf<S extends SettingsShape> = {
  readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never
}

interface Said {
  says: string
  env?: string
}

export const text = ({ default: value = '', ...rest }: Said & { default?: string }): Setting<string> => ({
  kind: 'text',
  default: value,
  parse: (raw) => ({ value: raw }),
  ...rest,
})

/** Like {@link text}, never printed. */
export const secret = (said: Said): Setting<string> => ({ ...text(said), kind: 'secret' })

export const integer = ({
  default: value,
  min,
  max,
  ...rest
}: Said & { default: number; min: number; max: number }): Setting<number> => ({
  kind: 'integer',
  default: value,
  parse: (raw) => {
    const n = Number(raw)
    return Number.isSafeInteger(n) && n >= min && n <= max
      ? { value: n }
      : { complaint: `must be a whole number from ${min} to ${max}` }
  },
  ...rest,
})

export const flag = ({
  default: value = false,
  ...rest
}: Said & { default?: boolean }): Setting<boolean> => ({
  kind: 'flag',
  default: value,
  parse: (raw) => {
    if (/^(1|true|yes|on)$/i.test(raw)) return { value: true }
    if (/^(0|false|no|off)$/i.test(raw)) return { value: false }
    return { complaint: 'must be true or false' }
  },
  ...rest,
})

export const choice = <T extends string>(
  options: readonly [T, ...T[]],
  { default: value = options[0], ...rest }: Said & { default?: T },
): Setting<T> => ({
  kind: 'choice',
  default: value,
  parse: (raw) =>
    options.includes(raw as T) ? { value: raw as T } : { complaint: `must be one of ${options.join(', ')}` },
  ...rest,
})

/** `('flash-sale', 'holdSeconds')` is set by `FLASH_SALE_HOLD_SECONDS`. */
export function envName(section: string, name: string): string {
  const upper = (s: string) =>
    s
      .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
      .replaceAll('-', '_')
      .toUpperCase()
  return `${upper(section)}_${upper(name)}`
}

export interface SettingLine {
  section: string
  name: string
  env: string
  kind: Setting<unknown>['kind']
  default: unknown
  value: unknown
  says: string
}

export interface ReadSettings {
  /** `values[section][name]`, every setting present and valid. */
  values: Record<string, Record<string, unknown>>
  /** The same as a list for people; secrets hidden. */
  lines: SettingLine[]
}

/**
 * Reads and checks all settings of all sections at once.
 * Throws one `invalid` fault that lists every complaint with the room's name, so nobody fixes them one by one.
 */
export function readSettings(
  sections: Record<string, SettingsShape>,
  env: Record<string, string | undefined> = environment(),
): ReadSettings {
  const values: ReadSettings['values'] = {}
  const lines: SettingLine[] = []
  const complaints: string[] = []
  for (const [section, shape] of Object.entries(sections)) {
    const of: Record<string, unknown> = {}
    for (const [name, setting] of Object.entries(shape)) {
      const variable = setting.env ?? envName(section, name)
      const raw = env[variable]
      const parsed = raw === undefined || raw === '' ? { value: setting.default } : setting.parse(raw)
      if ('complaint' in parsed) {
        const shown = setting.kind === 'secret' ? '(hidden)' : JSON.stringify(raw)
        complaints.push(`${section}: ${variable}=${shown} ${parsed.complaint}`)
        continue
      }
      of[name] = parsed.value
      const shown = setting.kind === 'secret' && parsed.value !== '' ? '••••' : parsed.value
      lines.push({
        section,
        name,
        env: variable,
        kind: setting.kind,
        default: setting.default,
        value: shown,
        says: setting.says,
      })
    }
    values[section] = of
  }
  if (complaints.length > 0) {
    throw fault('invalid', 'settings/invalid', `These settings are wrong:\n  ${complaints.join('\n  ')}`, {
      cure: 'Correct them in the environment or in .env; .env.example says what each one means.',
    })
  }
  return { values, lines }
}

/** What a child process may inherit from our environment: named variables only, so that no secret travels along. */
export function inherited(...names: string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])))
}

/** The environment, with what a `.env` file adds to it (the environment itself wins). */
export function environment(file = '.env'): Record<string, string | undefined> {
  if (!existsSync(file)) return { ...process.env }
  return { ...parseEnv(readFileSync(file, 'utf8')), ...process.env }
}
