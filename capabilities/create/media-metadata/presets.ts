import type { Clock } from '#kernel/clock.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import type { Preset } from './readiness.ts'
import type { Store } from './store.ts'

/** The same rules as settings: lists are texts with commas. */
export type PresetSettings = { [K in keyof Preset]: Preset[K] extends number ? number : string }

const names = (text: string) =>
  text
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean)

export function presetOf(settings: PresetSettings): Preset {
  return {
    maxDurationSeconds: settings.maxDurationSeconds,
    maxSizeMb: settings.maxSizeMb,
    minShortSidePx: settings.minShortSidePx,
    minFps: settings.minFps,
    maxFps: settings.maxFps,
    ratios: names(settings.ratios),
    videoCodecs: names(settings.videoCodecs),
    audioCodecs: names(settings.audioCodecs),
    containers: names(settings.containers),
    imageFormats: names(settings.imageFormats),
    minVideoBitrateKbps: settings.minVideoBitrateKbps,
  }
}

/** The rules of each workspace: its own, where it has some, over those of the settings. */
export function presets(store: Pick<Store, 'preset' | 'setPreset'>, settings: PresetSettings, clock: Clock) {
  const base = presetOf(settings)
  return {
    of: async (workspaceId: WorkspaceId): Promise<Preset> => ({
      ...base,
      ...(await store.preset(workspaceId)),
    }),
    set: (workspaceId: WorkspaceId, preset: Preset, by: string) =>
      store.setPreset(workspaceId, preset, by, clock.now()),
  }
}
