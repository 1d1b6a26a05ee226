import { shanghaiTime } from '#sandbox/clock.ts'
import { hash32 } from '#sandbox/random.ts'
import { clientAccess, isRefused } from './access.ts'
import { wireVideo } from './content.ts'
import { type Call, type Endpoint, type Outcome, parameter } from './envelope.ts'
import { countOf, cursorOf } from './paging.ts'
import type { Platform } from './platform.ts'

const videosPerWord = 10

/** Hot words, rising words and the videos of a word, for the app's client token. */
export function hotSearchEndpoints(platform: Platform): Endpoint[] {
  const { world } = platform
  const get = (path: string, answer: (call: Call) => Outcome): Endpoint => ({
    method: 'GET',
    path,
    family: 'a',
    handle(call) {
      const access = clientAccess(platform, call, 'hotsearch')
      return isRefused(access) ? access : answer(call)
    },
  })
  const level = (sentence: string, hotLevel: number) => platform.drift(`${sentence}/hot_level`, hotLevel)

  function sentences(call: Call): Outcome {
    const snapshot = world.hotLists.at(call.nowMs)
    const list = (snapshot?.sentences ?? []).map(({ sentence, hotLevel }) => ({
      sentence,
      hot_level: level(sentence, hotLevel),
    }))
    const activeTime = snapshot ? shanghaiTime(Date.parse(snapshot.capturedAt)) : ''
    return { data: { active_time: activeTime, list } }
  }

  function trending(call: Call): Outcome {
    const count = countOf(call, 50)
    const offset = cursorOf(call)
    if (count === undefined || offset === undefined) return { code: 2100005 }
    const all = world.hotLists.at(call.nowMs)?.sentences ?? []
    const rising = all.some((word) => word.label) ? all.filter((word) => word.label) : all
    const next = Math.min(offset + count, rising.length)
    const list = rising.slice(offset, next).map(({ sentence, hotLevel, label }) => ({
      sentence,
      hot_level: level(sentence, hotLevel),
      label: label ?? 0,
    }))
    const cursor = platform.drift(`${call.path}/cursor`, next)
    return { data: { list, cursor, has_more: next < rising.length, total: rising.length } }
  }

  function videos(call: Call): Outcome {
    const sentence = parameter(call, 'hot_sentence')
    if (sentence === '') return { code: 2100005 }
    const start = hash32(sentence)
    const found = new Set<string>()
    for (let nth = 0; nth < videosPerWord; nth++) {
      const video = world.videoList[(start + nth * 7919) % Math.max(1, world.videoList.length)]
      if (video && world.video(video.itemId, call.nowMs)) found.add(video.itemId)
    }
    const list = [...found].map((id) => wireVideo(world.video(id, call.nowMs)!, platform, call.nowMs))
    return { data: { list } }
  }

  return [
    get('/hotsearch/sentences/', sentences),
    get('/hotsearch/trending/sentences/', trending),
    get('/hotsearch/videos/', videos),
  ]
}
