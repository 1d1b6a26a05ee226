import { type RefObject, useImperativeHandle, useRef } from 'react'

export interface TextHandle {
  /** Puts the caret there; lines and columns count from 1. */
  go(line: number, column: number): void
  /** Writes at the caret. */
  insert(text: string): void
}

type TextFieldProps = {
  handle: RefObject<TextHandle | null>
  label: string
  value: string
  readOnly: boolean
  /** Lines with errors. */
  marks: number[]
  onChange: (value: string) => void
  onBlur: () => void
  /** Ctrl Enter. */
  onEnter: () => void
}

const LINE = 20
const LEAST_LINES = 18
const MOST_LINES = 30

/** A plain text field with numbered lines. A code editor would cost more than all of this page. */
export function TextField({
  handle,
  label,
  value,
  readOnly,
  marks,
  onChange,
  onBlur,
  onEnter,
}: TextFieldProps) {
  const field = useRef<HTMLTextAreaElement>(null)
  const gutter = useRef<HTMLDivElement>(null)
  const lines = value.split('\n')
  useImperativeHandle(handle, () => ({
    go(line, column) {
      const at = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0) + column - 1
      field.current?.focus()
      field.current?.setSelectionRange(at, at)
      if (field.current) field.current.scrollTop = Math.max(0, (line - 6) * LINE)
    },
    insert(text) {
      const { selectionStart = value.length, selectionEnd = value.length } = field.current ?? {}
      onChange(value.slice(0, selectionStart) + text + value.slice(selectionEnd))
      requestAnimationFrame(() => {
        field.current?.focus()
        field.current?.setSelectionRange(selectionStart + text.length, selectionStart + text.length)
      })
    },
  }))
  const height = Math.min(MOST_LINES, Math.max(LEAST_LINES, lines.length + 1)) * LINE + 16
  return (
    <div style={{ ...box, height }}>
      <div ref={gutter} aria-hidden style={numbers}>
        {lines.map((_, place) => (
          <div
            // biome-ignore lint/suspicious/noArrayIndexKey: a line is its number
            key={place}
            style={{
              height: LINE,
              padding: '0 8px',
              ...(marks.includes(place + 1)
                ? { background: 'var(--d-error-bg)', color: 'var(--d-error)' }
                : {}),
            }}
          >
            {place + 1}
          </div>
        ))}
      </div>
      <textarea
        ref={field}
        aria-label={label}
        value={value}
        readOnly={readOnly}
        spellCheck={false}
        wrap="off"
        style={area}
        onChange={({ target }) => onChange(target.value)}
        onBlur={onBlur}
        onScroll={({ currentTarget }) => {
          if (gutter.current) gutter.current.scrollTop = currentTarget.scrollTop
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) onEnter()
        }}
      />
    </div>
  )
}

const box = {
  display: 'flex',
  border: '1px solid var(--d-line)',
  borderRadius: 6,
  overflow: 'hidden',
  background: 'var(--d-page)',
  font: `13px / ${LINE}px var(--d-mono)`,
} as const
const numbers = {
  flex: 'none',
  minWidth: 36,
  padding: '8px 0',
  overflow: 'hidden',
  background: 'var(--d-head)',
  color: 'var(--d-text3)',
  textAlign: 'right',
} as const
const area = {
  flex: 1,
  minWidth: 0,
  padding: '8px 10px',
  border: 0,
  outline: 'none',
  resize: 'none',
  background: 'transparent',
  color: 'var(--d-text)',
  font: 'inherit',
  whiteSpace: 'pre',
  overflow: 'auto',
} as const
