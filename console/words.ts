import { usePreferences } from './preferences.ts'

export type Language = 'zh' | 'en'
export type Word = { zh: string; en: string }
export type Words = Record<string, Word>

/** The words of a room in the reader's language. A missing language is a type error where the table is written. */
export function useWords<W extends Words>(words: W): { [K in keyof W]: string } & { language: Language } {
  const { language } = usePreferences()
  return spoken(words, language)
}

const cache = new WeakMap<Words, Partial<Record<Language, object>>>()

/** One language of a table, made once per table and language so that it is stable between renders. */
export function spoken<W extends Words>(words: W, language: Language) {
  const made = cache.get(words) ?? {}
  cache.set(words, made)
  made[language] ??= {
    ...Object.fromEntries(Object.entries(words).map(([key, word]) => [key, word[language]])),
    language,
  }
  return made[language] as { [K in keyof W]: string } & { language: Language }
}

/** `fill('有 {n} 条新数据', { n: 12 })`; an unknown name stays as written, so that it is seen. */
export const fill = (text: string, values: Record<string, string | number>) =>
  text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole))
