import { Button, Result } from 'antd'
import { useWords } from '#console/words.ts'
import { deadEndWords } from './words.ts'

export default function NotFound() {
  const w = useWords(deadEndWords)
  return (
    <Result
      status="info"
      title={w.missingTitle}
      subTitle={w.missingNote}
      extra={
        <Button type="primary" href="/">
          {w.home}
        </Button>
      }
    />
  )
}
