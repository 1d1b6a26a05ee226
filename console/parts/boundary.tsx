import { Button, Result, Space } from 'antd'
import { Component, type ErrorInfo, type ReactNode } from 'react'
import Forbidden from '#console/pages/forbidden.tsx'
import { isProblem } from '#console/problem.ts'
import { fill, useWords } from '#console/words.ts'
import { useCopy } from './copy.ts'
import { partWords } from './words.ts'

const reportId = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(5)), (byte) => byte.toString(16).padStart(2, '0')).join('')

type Crash = { id: string; error: unknown }

/** The page of a crash: what happened, the report id, and the way on. */
export function CrashPage({ id, error, again }: Crash & { again: () => void }) {
  const w = useWords(partWords)
  const copy = useCopy()
  const report = () =>
    JSON.stringify(
      {
        report: id,
        page: location.href,
        at: new Date().toISOString(),
        error: String((error as Error)?.stack ?? error),
      },
      null,
      2,
    )
  return (
    <Result
      status="warning"
      title={w.crashTitle}
      subTitle={fill(w.crashDetail, { id })}
      extra={
        <Space wrap>
          <Button type="primary" onClick={again}>
            {w.retry}
          </Button>
          <Button onClick={() => void copy(report())}>{w.copyDiagnostics}</Button>
          <Button href="/">{w.home}</Button>
        </Space>
      }
    />
  )
}

/** Keeps a page's crash within the page. React has no hook for this, hence the one class. */
export class Boundary extends Component<{ children: ReactNode }, { crash?: Crash }> {
  override state: { crash?: Crash } = {}
  static getDerivedStateFromError = (error: unknown) => ({ crash: { id: reportId(), error } })
  override componentDidCatch(error: unknown, info: ErrorInfo) {
    if (isProblem(error) && error.status === 403) return
    console.error(`report ${this.state.crash?.id}`, error, info.componentStack)
  }
  override render() {
    const { crash } = this.state
    if (isProblem(crash?.error) && crash.error.status === 403) return <Forbidden />
    return crash ? (
      <CrashPage {...crash} again={() => this.setState({ crash: undefined as never })} />
    ) : (
      this.props.children
    )
  }
}
