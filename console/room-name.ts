import { rooms } from './rooms.ts'
import type { Language, Word } from './words.ts'

// What is no room of its own but is named beside rooms in settings and records.
const ours: Record<string, Word> = {
  platform: { zh: '平台', en: 'Platform' },
  kernel: { zh: '平台', en: 'Platform' },
}

const ourQueues: Record<string, Word> = {
  'platform/prune-facts': { zh: '清理旧事件', en: 'Clear old facts' },
}

/** A room's folder name as its label in the rail; a room without a page keeps its folder name. */
export const roomName = (room: string, language: Language): string =>
  (rooms.find(({ nav }) => nav.key === room)?.nav ?? ours[room])?.[language] ?? room

/** A queue as its room calls it; one that nobody named keeps its own name. */
export const queueName = (queue: string, language: Language): string => {
  const room = rooms.find(({ nav }) => nav.key === queue.split('/')[0])
  return (room?.nav.jobs ?? ourQueues)[queue]?.[language] ?? queue
}

export const roomOptions = (language: Language) =>
  rooms.map(({ nav }) => ({ value: nav.key, label: nav[language] }))
