import type { Arguments, Directive, Document, Operation, Selection, Value } from './graphql.ts'

export type Plain = Record<string, unknown>
/** An object of the API: `__typename` and its fields, each a value or a function of its arguments. */
export type Thing = { __typename: string; [field: string]: unknown }
type Given = { args: Plain; directives: Record<string, Plain> }

/** What is wrong with a query that can be read: an unknown field, a missing argument. */
export class QueryComplaint extends Error {}

const MOST_OBJECTS = 50_000

/** Fragments put in place, `@include` and `@skip` done, variables filled in. */
export type Asked = {
  name: string
  alias: string
  given: Given
  asked: Asked[]
}

export function planOf(document: Document, operation: Operation, variables: Plain): Asked[] {
  const filled = (value: Value): unknown => {
    if (value.is === 'constant') return value.value
    if (value.is === 'list') return value.values.map(filled)
    if (value.is === 'object') return plain(value.fields)
    if (value.name in variables) return variables[value.name]
    const fallback = operation.defaults[value.name]
    return fallback && filled(fallback)
  }
  const plain = (args: Arguments): Plain =>
    Object.fromEntries(Object.entries(args).map(([name, value]) => [name, filled(value)]))
  const isIn = (directives: Directive[]) =>
    directives.every(({ name, args }) => {
      const condition = plain(args)['if']
      return name === 'include' ? condition === true : name === 'skip' ? condition !== true : true
    })
  const plan = (selections: Selection[], depth = 0): Asked[] => {
    // Fragments may name themselves.
    if (depth > 40) throw new QueryComplaint('The query is nested too deeply')
    return selections
      .filter(({ directives }) => isIn(directives))
      .flatMap((selection) => {
        if (selection.is === 'inline') return plan(selection.selections, depth + 1)
        if (selection.is === 'spread') {
          const fragment = document.fragments[selection.fragment]
          if (!fragment) throw new QueryComplaint(`Fragment ${selection.fragment} was used, but not defined`)
          return plan(fragment, depth + 1)
        }
        const { name, alias } = selection
        const directives = Object.fromEntries(
          selection.directives.map((directive) => [directive.name, plain(directive.args)]),
        )
        const given = { args: plain(selection.args), directives }
        return [{ name, alias, given, asked: plan(selection.selections, depth + 1) }]
      })
  }
  return plan(operation.selections)
}

/** Reads what was asked for out of the root; `objects` counts what was touched, for the bill. */
export function execute(root: Thing, asked: Asked[]): { data: Plain; objects: number } {
  let objects = 0
  function read(thing: Thing, wanted: Asked[]): Plain {
    if (++objects > MOST_OBJECTS) throw new QueryComplaint('The query touches too many objects')
    const result: Plain = {}
    for (const one of wanted) result[one.alias] = complete(fieldOf(thing, one), one)
    return result
  }
  function complete(value: unknown, one: Asked): unknown {
    if (Array.isArray(value)) return value.map((each) => complete(each, one))
    if (typeof value !== 'object' || value === null) {
      if (one.asked.length > 0 && value !== null)
        throw new QueryComplaint(`Selections can't be made on scalars (field '${one.name}')`)
      return value
    }
    if (one.asked.length === 0)
      throw new QueryComplaint(`Field must have selections (field '${one.name}' returns an object)`)
    return read(value as Thing, one.asked)
  }
  return { data: read(root, asked), objects }
}

function fieldOf(thing: Thing, { name, given }: Asked): unknown {
  if (!Object.hasOwn(thing, name))
    throw new QueryComplaint(`Field '${name}' doesn't exist on type '${thing.__typename}'`)
  const value = thing[name]
  return typeof value === 'function' ? (value(given.args, given.directives) ?? null) : value
}

const FREE = new Set(['nodes', 'edges', 'node', 'pageInfo', 'userErrors'])

/**
 * What a query may cost at most, in points. Shopify's own formula is not public; this one has its stated parts (scalars
 * 0, objects 1, mutations 10, connections by their size) and its one known figure: 250 variants with an object each, 25.
 */
export function requestedCost(kind: Operation['kind'], asked: Asked[]): number {
  const costOf = ({ name, given, asked }: Asked): number => {
    if (asked.length === 0) return 0
    const inside = asked.reduce((sum, one) => sum + costOf(one), 0)
    const size = Number(given.args['first'] ?? given.args['last'] ?? Number.NaN)
    if (size >= 0) return Math.ceil((size * Math.max(1, inside)) / 10)
    return FREE.has(name) ? inside : 1 + inside
  }
  const total = asked.reduce((sum, one) => sum + costOf(one), 0)
  return Math.max(1, kind === 'mutation' ? 10 * asked.length + total : total)
}
