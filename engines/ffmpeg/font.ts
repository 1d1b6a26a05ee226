import { existsSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { fault } from '#kernel/fault.ts'
import { type Coverage, coverageOf } from './cmap.ts'
import { ownFolder } from './temporary.ts'

/** A font that is certain to draw Chinese. */
export interface CjkFont {
  /** The name that libass must be told (`FontName=Noto Sans SC`). */
  family: string
  /** The regular face, for drawtext's `fontfile`. */
  file: string
  /** For libass' `fontsdir`: a folder that holds the faces of this family and nothing else. */
  folder: string
  /** The characters of a text that it cannot draw, each once. Line ends, spaces and joiners need no glyph. */
  missingGlyphs(text: string): string[]
}

const PACKAGE = '@expo-google-fonts/noto-sans-sc'
/**
 * Both carry the family name "Noto Sans SC". The other weights do not: with only one of them in `fontsdir` libass draws
 * boxes and ends with 0, so the regular face must always be there.
 */
const FACES = ['400Regular/NotoSansSC_400Regular.ttf', '700Bold/NotoSansSC_700Bold.ttf']
const FAMILY = 'Noto Sans SC'

/** @throws unavailable `ffmpeg/no-font` where the package is not installed. */
export function cjkFont(): CjkFont {
  const files = FACES.map(find).filter((file) => file !== undefined)
  const [file] = files
  if (!file?.endsWith('NotoSansSC_400Regular.ttf')) {
    throw fault('unavailable', 'ffmpeg/no-font', 'The Chinese font is not installed', {
      cure: `\`npm install ${PACKAGE}\``,
    })
  }
  let folder: string | undefined
  let coverage: Coverage | undefined
  return {
    family: FAMILY,
    file,
    get folder() {
      // Cleaners of temporary files take it from a process that runs for weeks; libass would then draw boxes and say nothing.
      if (!folder || !existsSync(join(folder, basename(file)))) {
        folder = ownFolder()
        for (const face of files) symlinkSync(face, join(folder, basename(face)))
      }
      return folder
    },
    missingGlyphs(text) {
      coverage ??= coverageOf(file)
      return [...new Set(text.normalize('NFC'))].filter(
        (char) => !NEEDS_NONE.test(char) && !coverage!(char.codePointAt(0)!),
      )
    },
  }
}

/** Controls, joiners and direction marks, spaces, variation selectors. */
const NEEDS_NONE = /^(\p{Cc}|\p{Cf}|\p{Z}|\p{Variation_Selector})$/u

function find(face: string): string | undefined {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve(`${PACKAGE}/package.json`))
    const file = join(folder, face)
    return existsSync(file) ? file : undefined
  } catch {
    return undefined
  }
}
