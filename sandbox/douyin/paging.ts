import { type Call, parameter } from './envelope.ts'

const defaultCount = 10

/** `count` between 1 and the endpoint's limit; undefined when the call asks for anything else. */
export function countOf(call: Call, most: number): number | undefined {
  const text = parameter(call, 'count')
  if (text === '') return Math.min(defaultCount, most)
  const count = Number(text)
  return Number.isInteger(count) && count >= 1 && count <= most ? count : undefined
}

/** `cursor`: 0 or what an answer gave; undefined when it is no such number. */
export function cursorOf(call: Call): number | undefined {
  const text = parameter(call, 'cursor')
  const cursor = text === '' ? 0 : Number(text)
  return Number.isSafeInteger(cursor) && cursor >= 0 ? cursor : undefined
}
