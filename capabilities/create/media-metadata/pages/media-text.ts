import type { FileView } from '#capabilities/create/media-metadata/library.ts'
import { mediaTime, missing, num } from '#console/format.ts'

type Maybe<T> = T | null | undefined

/** `2.1 MB`, as the platform counts: a megabyte has a million bytes. */
export function bytesText(bytes: Maybe<number>): string {
  if (bytes === null || bytes === undefined) return missing
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${value >= 100 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}

/** `4.3 Mbit/s`, `128 kbit/s` */
export const rateText = (kbps: Maybe<number>): string =>
  kbps === null || kbps === undefined
    ? missing
    : kbps >= 1000
      ? `${(kbps / 1000).toFixed(1)} Mbit/s`
      : `${kbps} kbit/s`

/** `00:10`; short ones with a tenth: `3.2 s`. */
export const lengthText = (seconds: Maybe<number>): string =>
  seconds === null || seconds === undefined
    ? missing
    : seconds < 10
      ? `${Math.round(seconds * 10) / 10} s`
      : mediaTime(seconds)

export const codecText = ({ record }: Pick<FileView, 'record'>): string =>
  [record?.videoCodec, record?.audioCodec].filter(Boolean).join(' + ') || missing

/** `2024-05-01 18:20`, in the camera's own time. */
export const momentText = (iso: Maybe<string>): string => iso?.replace('T', ' ').slice(0, 16) ?? missing

/** A field of a record as it is read. */
export function fieldText(field: string, value: unknown): string {
  if (value === null || value === undefined || value === '') return missing
  if (field === 'sizeBytes') return `${bytesText(Number(value))} (${num(Number(value))} B)`
  if (/Kbps$/.test(field)) return rateText(Number(value))
  if (field === 'durationSeconds') return `${lengthText(Number(value))} (${num(Number(value))} s)`
  if (field === 'audioSampleRateHz') return `${num(Number(value))} Hz`
  if (field === 'rotationDegrees') return `${value}°`
  if (field === 'gps') return placeText(value as { latitude: number; longitude: number })
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

const placeText = ({ latitude, longitude }: { latitude: number; longitude: number }) =>
  `${latitude}, ${longitude}`
