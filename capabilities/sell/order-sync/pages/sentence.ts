import type { DifferenceKind } from '#capabilities/sell/order-sync/reconciliation.ts'
import { words } from '#capabilities/sell/order-sync/words.ts'
import { money, time } from '#console/format.ts'
import { fill, spoken } from '#console/words.ts'
import { sentenceWords } from './words.ts'

type Language = 'zh' | 'en'
type Sentence = keyof typeof sentenceWords

/** Each sentence with what its groups are: `s`tatus, `r`efund status, `t`ime, `m`oney, `x` as it stands. */
const rules: [said: RegExp, word: Sentence, groups: string][] = [
  [/^([\w-]+) to ([\w-]+)$/, 'why-moved', 'ss'],
  [/^Its lines and amounts are known now$/, 'why-page', ''],
  [/^A later page says something else$/, 'why-changed', ''],
  [/^refund (\S+) is (\w+)$/, 'why-refund', 'xr'],
  [/^It is ([\w-]+) already, "([\w-]+)" lies behind it$/, 'why-behind', 'ss'],
  [/^We know it as of (\S+)$/, 'why-known', 't'],
  [/^One of its times or amounts is known now$/, 'why-fact', ''],
  [/^Nothing new$/, 'why-nothing', ''],
  [/^It shows the order as of (\S+), we know it as of (\S+)$/, 'why-older', 'tt'],
  [/^Put right by a reconciliation$/, 'why-repaired', ''],
  [/^First heard of$/, 'why-first', ''],
  [/^The platform does not know this order$/, 'why-disowned', ''],
  [/^This message was taken before$/, 'why-repeat', ''],
  [/^Another message had this id/, 'why-other', ''],
  [/^wrong signature$/, 'why-wrong-signature', ''],
  [/^no signature$/, 'why-no-signature', ''],
  [/^Nobody here has connected this shop$/, 'why-no-shop', ''],
  [/^The body is no array of messages$/, 'why-no-list', ''],
  [/^The body has no such message$/, 'why-no-message', ''],
  [/^Tag (\S+) says nothing about/, 'why-no-state', 'x'],
  [/^Its data is no JSON object$/, 'why-no-json', ''],
  [/^It names no order$/, 'why-no-order', ''],
  [/^It names no refund$/, 'why-no-refund', ''],
  [/^It names no amount$/, 'why-no-amount', ''],
  [/^It is about shop (\S+), and came to (\S+)$/, 'why-other-shop', 'xx'],
  [/^its lines make (-?\d+) fen, its items are said to be (-?\d+)$/, 'why-lines', 'mm'],
  [/^(-?\d+) items \+ (-?\d+) freight - (-?\d+) discounts = (-?\d+) fen, paid (-?\d+)$/, 'why-sum', 'mmmmm'],
  [/^(\d+) fen went back, (\d+) were paid$/, 'why-refunded', 'mm'],
  [/^The day is not over$/, 'why-not-over', ''],
  [/^It answered (\d+)$/, 'why-answered', 'x'],
  [/^No answer \((.+)\)$/, 'why-silent', 'x'],
]

const statusText = (text: string, language: Language) => {
  const w: Record<string, unknown> = spoken(words, language)
  return String(w[text] ?? text)
}
const refundText = (text: string, language: Language) => statusText(`ref-${text}`, language)
const group = (text: string, kind: string, language: Language): string => {
  if (kind === 's') return statusText(text, language)
  if (kind === 'r') return refundText(text, language)
  if (kind === 't') return Number.isNaN(Date.parse(text)) ? text : time(Date.parse(text))
  return kind === 'm' ? money(Number(text)) : text
}

/** A sentence of the server in the reader's language, its times in Shanghai's and its fen as yuan; an unknown one as it is. */
export function sentence(said: string, language: Language): string {
  for (const [pattern, word, groups] of rules) {
    const match = pattern.exec(said)
    if (!match) continue
    const parts = [...groups].map((kind, i) => ['abcde'[i]!, group(match[i + 1] ?? '', kind, language)])
    return fill(spoken(sentenceWords, language)[word], Object.fromEntries(parts) as Record<string, string>)
  }
  return said
}

/** One side of a difference: what we have, or what the platform has. Nothing at all is said in a word. */
export function side(text: string, kind: DifferenceKind, language: Language): string {
  const w = spoken(words, language)
  if (text === '') return w.notKnown
  if (text === 'extra') return w.extraOrder
  if (kind === 'status') return statusText(text, language)
  const order = /^([\w-]+) (-?\d+)$/.exec(text)
  if (order && (kind === 'missing' || kind === 'extra'))
    return fill(w.difMissing, { status: statusText(order[1]!, language), fen: money(Number(order[2])) })
  const amounts = /^total (\S+) paid (\S+)$/.exec(text)
  const fen = (value: string | undefined) => money(value === '?' ? null : Number(value))
  if (amounts) return fill(w.difAmount, { a: fen(amounts[1]), b: fen(amounts[2]) })
  const moment = /^(created|paid|shipped|finished|closed) (\S+)$/.exec(text)
  if (moment) {
    const what = w[`${moment[1] as 'paid'}At`]
    return moment[2] === 'never' ? fill(w.difNever, { what }) : `${what} ${group(moment[2]!, 't', language)}`
  }
  const refund = /^(\S+) (\w+) (-?\d+)$/.exec(text)
  if (refund)
    return fill(w.difRefund, {
      id: refund[1]!,
      status: refundText(refund[2]!, language),
      fen: money(Number(refund[3])),
    })
  return text
}

/** What the platform calls its messages by number, as far as they tell of an order or a refund. */
const tags: Record<string, string> = {
  100: 'created',
  101: 'paid',
  110: 'paid',
  108: 'part-shipped',
  102: 'shipped',
  103: 'finished',
  106: 'closed',
  200: 'ref-applied',
  208: 'ref-applied',
  201: 'ref-agreed',
  202: 'ref-agreed',
  204: 'ref-refused',
  205: 'ref-refused',
  206: 'ref-done',
  207: 'ref-closed',
}

/** `101 已支付`; a number that we have no word for stays a number. */
export const tagText = (tag: string, language: Language) =>
  tags[tag] ? `${tag} ${statusText(tags[tag], language)}` : tag || '—'
