import { Button, Form, Input, Modal } from 'antd'
import { useState } from 'react'
import { api } from '#console/client.ts'
import { Coin } from '#console/coin.tsx'
import { useNotice } from '#console/parts/notice.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { useWords } from '#console/words.ts'
import { signInWords } from './words.ts'

type PasswordProps = {
  email: string
  /** The page after the first sign-in by link, instead of the dialog of later changes. */
  first?: boolean
  done: () => void
  later: () => void
}

/** Sets the password, and on the first run the email with it. */
export default function Password({ email, first = false, done, later }: PasswordProps) {
  const w = useWords(signInWords)
  const notices = useNotice()
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>()
  const save = async (values: { email?: string; password: string }) => {
    setBusy(true)
    setProblem(undefined)
    try {
      await api.post('/api/me/password', values)
      void notices.success(w.saved)
      done()
    } catch (thrown) {
      setProblem(thrown)
    } finally {
      setBusy(false)
    }
  }
  const form = (
    <>
      {problem !== undefined && <Reason problem={problem} />}
      <Form
        layout="vertical"
        requiredMark={false}
        validateTrigger="onSubmit"
        onFinish={(values) => void save(values)}
      >
        {first && (
          <Form.Item
            name="email"
            label={w.email}
            {...(email.endsWith('.local') || email.endsWith('.invalid') ? {} : { initialValue: email })}
            rules={[
              { required: true, message: w.needEmail },
              { type: 'email', message: w.badEmail },
            ]}
          >
            <Input autoComplete="username" inputMode="email" />
          </Form.Item>
        )}
        <Form.Item
          name="password"
          label={w.newPassword}
          rules={[{ required: true, min: 10, message: w.short }]}
        >
          <Input.Password autoComplete="new-password" placeholder={w.short} />
        </Form.Item>
        <div className="d-gate-actions">
          <Button type="text" onClick={later}>
            {first ? w.later : w.cancel}
          </Button>
          <Button type="primary" htmlType="submit" loading={busy}>
            {w.save}
          </Button>
        </div>
      </Form>
    </>
  )
  if (!first)
    return (
      <Modal open title={w.changeTitle} footer={null} onCancel={later} width={400}>
        {form}
      </Modal>
    )
  return (
    <main className="d-gate">
      <section className="d-card d-gate-card">
        <div className="d-gate-brand">
          <Coin size={40} />
          <div>
            <h1>{w.setTitle}</h1>
            <p>{w.setNote}</p>
          </div>
        </div>
        {form}
      </section>
    </main>
  )
}
