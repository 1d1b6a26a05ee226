import { Button, Result } from 'antd'
import { useMe } from '#console/me.ts'
import { shellWords } from '#console/shell-words.ts'
import { fill, useWords } from '#console/words.ts'
import { deadEndWords } from './words.ts'

/** For a page whose data answered 403. */
export default function Forbidden() {
  const w = useWords(deadEndWords)
  const roles = useWords(shellWords)
  return (
    <Result
      status="warning"
      title={w.forbiddenTitle}
      subTitle={fill(w.forbiddenNote, { role: roles[useMe()?.role ?? 'viewer'] })}
      extra={
        <Button type="primary" href="/">
          {w.home}
        </Button>
      }
    />
  )
}
