import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { MigrationSet } from '#engines/postgres/migrate.ts'
import { bootOrder, type Capability, type Needs, type Opened, type RoomContext } from '#kernel/capability.ts'
import { fault } from '#kernel/fault.ts'
import type { Closers } from './closers.ts'

export interface OpenRoom {
  name: string
  opened: Opened
}

export const migrationsOf = (room: Capability): MigrationSet => ({
  room: room.name,
  folder: join(dirname(fileURLToPath(room.at)), 'migrations'),
})

interface Parts {
  rooms: readonly Capability[]
  settings: Record<string, Record<string, unknown>>
  engines: Record<string, unknown>
  contextOf(room: string): RoomContext
  closers: Closers
}

/** Opens each room with its settings, the adapters that its settings pick, and what it needs of other rooms. */
export async function openRooms({
  rooms,
  settings,
  engines,
  contextOf,
  closers,
}: Parts): Promise<OpenRoom[]> {
  const provided: Partial<Needs> = {}
  const open: OpenRoom[] = []
  for (const room of bootOrder(rooms)) {
    const context = contextOf(room.name)
    const own = settings[room.name] ?? {}
    const ports: Record<string, unknown> = {}
    for (const [port, adapters] of Object.entries(room.ports)) {
      const engine = (own[port] as string | undefined) ?? Object.keys(adapters)[0]!
      if (engines[engine] === undefined) throw engineMissing(room.name, port, engine)
      ports[port] = await adapters[engine]!(engines[engine], context)
    }
    const needs = Object.fromEntries(room.needs.map((need) => [need, provided[need]]))
    const opened = await room.open({ ...context, ...ports, settings: own, needs })
    if (opened.close) closers.add(room.name, opened.close)
    Object.assign(provided, opened.provides)
    open.push({ name: room.name, opened })
  }
  return open
}

const engineMissing = (room: string, port: string, engine: string) =>
  fault(
    'invalid',
    'settings/engine-missing',
    `${room}: its ${port} is set to ${engine}, and no ${engine} is set`,
    {
      cure: `Set ${engine.toUpperCase()}_URL, or leave the ${port} at its default.`,
    },
  )
