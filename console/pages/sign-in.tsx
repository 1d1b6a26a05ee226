import { useNavigate } from '@tanstack/react-router'
import { Alert, Button, Form, Input } from 'antd'
import { useState } from 'react'
import { useAddress } from '#console/address.ts'
import { api, queries } from '#console/client.ts'
import { Coin } from '#console/coin.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { preferences } from '#console/preferences.ts'
import { isProblem } from '#console/problem.ts'
import { shellWords } from '#console/shell-words.ts'
import { useWords } from '#console/words.ts'
import { signInWords } from './words.ts'

type Credentials = { email: string; password: string }

// Only a path of ours: `//elsewhere` and `/\elsewhere` would leave the site.
const within = (to: string | undefined) => (to && /^\/(?![/\\])/.test(to) ? to : '/')

export default function SignIn() {
  const w = useWords(signInWords)
  const shell = useWords(shellWords)
  const [search] = useAddress()
  const navigate = useNavigate()
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>()
  const submit = async (credentials: Credentials) => {
    setBusy(true)
    setProblem(undefined)
    try {
      await api.post('/api/auth/sign-in/email', credentials)
      queries.clear()
      await navigate({ to: within(search['to']) as never })
    } catch (thrown) {
      setProblem(thrown)
    } finally {
      setBusy(false)
    }
  }
  const wrong = isProblem(problem) && [400, 401, 403].includes(problem.status)
  return (
    <main className="d-gate">
      <section className="d-card d-gate-card">
        <div className="d-gate-brand">
          <Coin size={40} />
          <div>
            <h1>Doubloon</h1>
            <p>{w.promise}</p>
          </div>
        </div>
        {search['link'] && <Alert type="warning" showIcon title={w.usedLink} description={w.usedLinkCure} />}
        {wrong && <Alert type="error" showIcon role="alert" title={w.wrong} />}
        {problem !== undefined && !wrong && <Reason problem={problem} />}
        <Form<Credentials>
          layout="vertical"
          requiredMark={false}
          onFinish={(values) => void submit(values)}
          validateTrigger="onSubmit"
        >
          <Form.Item
            name="email"
            label={w.email}
            rules={[
              { required: true, message: w.needEmail },
              { type: 'email', message: w.badEmail },
            ]}
          >
            <Input autoFocus autoComplete="username" inputMode="email" />
          </Form.Item>
          <Form.Item name="password" label={w.password} rules={[{ required: true, message: w.needPassword }]}>
            <Input.Password autoComplete="current-password" />
          </Form.Item>
          <Button type="primary" htmlType="submit" block loading={busy}>
            {w.submit}
          </Button>
        </Form>
        <p className="d-gate-note">{w.firstTime}</p>
      </section>
      <Button
        type="text"
        aria-label={shell.otherLanguage}
        onClick={() => preferences.set({ language: w.language === 'zh' ? 'en' : 'zh' })}
      >
        {w.language === 'zh' ? 'English' : '中文'}
      </Button>
    </main>
  )
}
