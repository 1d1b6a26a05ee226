/**
 * The part of GraphQL that clients of a stock API write: one operation or several, variables with defaults, aliases,
 * arguments, directives, inline and named fragments. No types are checked here; strings have no block form.
 */
export type Value =
  | { is: 'constant'; value: string | number | boolean | null }
  | { is: 'variable'; name: string }
  | { is: 'list'; values: Value[] }
  | { is: 'object'; fields: Record<string, Value> }
export type Arguments = Record<string, Value>
export type Directive = { name: string; args: Arguments }
export type Selection =
  | {
      is: 'field'
      name: string
      alias: string
      args: Arguments
      directives: Directive[]
      selections: Selection[]
    }
  | { is: 'inline'; directives: Directive[]; selections: Selection[] }
  | { is: 'spread'; fragment: string; directives: Directive[] }
export type Operation = {
  kind: 'query' | 'mutation'
  name: string
  defaults: Record<string, Value>
  selections: Selection[]
}
export type Document = { operations: Operation[]; fragments: Record<string, Selection[]> }

export class SyntaxComplaint extends Error {}

const TOKEN =
  /[\s,\uFEFF]+|#[^\n\r]*|(\.\.\.|[!$&()=:@[\]{|}])|([_A-Za-z]\w*)|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|("(?:[^"\\\n\r]|\\.)*")/gy
type Token = { is: 'sign' | 'name' | 'number' | 'string'; text: string }
const MOST_TOKENS = 20_000
const DEEPEST = 30

function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  for (const match of text.matchAll(TOKEN)) {
    if (match.index !== at) break
    at += match[0].length
    const [, sign, name, number, string] = match
    if (sign) tokens.push({ is: 'sign', text: sign })
    else if (name) tokens.push({ is: 'name', text: name })
    else if (number) tokens.push({ is: 'number', text: number })
    else if (string) tokens.push({ is: 'string', text: string })
    if (tokens.length > MOST_TOKENS) throw new SyntaxComplaint('The document is too long')
  }
  if (at !== text.length) throw new SyntaxComplaint(`Unexpected ${JSON.stringify(text.slice(at, at + 10))}`)
  return tokens
}

export function parseDocument(text: string): Document {
  const tokens = tokensOf(text)
  let at = 0
  let depth = 0
  const peek = (sign: string) => tokens[at]?.is === 'sign' && tokens[at]!.text === sign
  const word = (name: string) => tokens[at]?.is === 'name' && tokens[at]!.text === name
  const take = (): Token => tokens[at++] ?? complain()
  const complain = (): never => {
    const token = tokens[at - 1] ?? tokens.at(-1)
    throw new SyntaxComplaint(`Unexpected ${token ? JSON.stringify(token.text) : 'end'} in the document`)
  }
  const skip = (sign: string) => {
    const isThere = peek(sign)
    if (isThere) at++
    return isThere
  }
  const expect = (sign: string) => {
    if (take().text !== sign) complain()
  }
  const name = () => {
    const token = take()
    return token.is === 'name' ? token.text : complain()
  }

  function value(): Value {
    if (skip('$')) return { is: 'variable', name: name() }
    if (skip('[')) {
      const values: Value[] = []
      while (!skip(']')) values.push(deeper(value))
      return { is: 'list', values }
    }
    if (skip('{')) return { is: 'object', fields: pairs('}') }
    const { is, text } = take()
    if (is === 'number') return { is: 'constant', value: Number(text) }
    if (is === 'string') return { is: 'constant', value: unquote(text) }
    if (is !== 'name') return complain()
    const words: Record<string, boolean | null> = { true: true, false: false, null: null }
    return { is: 'constant', value: text in words ? words[text]! : text }
  }
  function pairs(end: string): Record<string, Value> {
    const found: Record<string, Value> = {}
    while (!skip(end)) {
      const key = name()
      expect(':')
      found[key] = deeper(value)
    }
    return found
  }
  const args = (): Arguments => (skip('(') ? pairs(')') : {})
  function directives(): Directive[] {
    const found: Directive[] = []
    while (skip('@')) found.push({ name: name(), args: args() })
    return found
  }
  function selections(): Selection[] {
    if (!skip('{')) return []
    const found: Selection[] = []
    while (!skip('}')) found.push(deeper(selection))
    return found.length > 0 ? found : complain()
  }
  function selection(): Selection {
    if (skip('...')) {
      if (tokens[at]?.is === 'name' && !word('on'))
        return { is: 'spread', fragment: name(), directives: directives() }
      // The type condition is not looked at: no type of this API has more than one face.
      if (word('on')) at += 2
      return { is: 'inline', directives: directives(), selections: selections() }
    }
    const first = name()
    const field = skip(':') ? name() : first
    return {
      is: 'field',
      name: field,
      alias: first,
      args: args(),
      directives: directives(),
      selections: selections(),
    }
  }
  function typeName(): void {
    if (skip('[')) {
      typeName()
      expect(']')
    } else name()
    skip('!')
  }
  function variableDefaults(): Record<string, Value> {
    const defaults: Record<string, Value> = {}
    if (!skip('(')) return defaults
    while (!skip(')')) {
      expect('$')
      const variable = name()
      expect(':')
      typeName()
      if (skip('=')) defaults[variable] = value()
    }
    return defaults
  }
  function deeper<T>(read: () => T): T {
    if (++depth > DEEPEST) throw new SyntaxComplaint('The document is nested too deeply')
    const result = read()
    depth--
    return result
  }

  const document: Document = { operations: [], fragments: {} }
  while (at < tokens.length) {
    if (word('fragment')) {
      at++
      const fragment = name()
      at += 2
      document.fragments[fragment] = selections()
      continue
    }
    const kind = peek('{') ? 'query' : name()
    if (kind !== 'query' && kind !== 'mutation') return complain()
    const title = tokens[at]?.is === 'name' ? name() : ''
    const defaults = variableDefaults()
    directives()
    document.operations.push({ kind, name: title, defaults, selections: selections() })
  }
  return document.operations.length > 0 ? document : complain()
}

function unquote(text: string): string {
  try {
    return JSON.parse(text)
  } catch {
    throw new SyntaxComplaint(`Bad string ${text.slice(0, 20)}`)
  }
}
