import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { ConfigProvider } from 'antd'
import enUS from 'antd/es/locale/en_US.js'
import type { Locale } from 'antd/es/locale/index.js'
import zhCN from 'antd/es/locale/zh_CN.js'
import { StrictMode, useEffect, useLayoutEffect, useMemo } from 'react'
import { createRoot } from 'react-dom/client'
import { queries } from './client.ts'
import './console.css'
import { nonce } from './nonce.ts'
import { NoticeHost } from './parts/notice.tsx'
import { useDark, usePhone, usePreferences } from './preferences.ts'
import { router } from './routes.tsx'
import { onKey } from './shortcuts.ts'
import { antdTheme, paint } from './theme.ts'
import type { Language } from './words.ts'

// Their types say CommonJS while the files are modules: the bundler hands us the locale, the types its wrapper.
const locales = { zh: zhCN, en: enUS } as unknown as Record<Language, Locale>

function Console() {
  const dark = useDark()
  const phone = usePhone()
  const { language } = usePreferences()
  const theme = useMemo(() => antdTheme(dark), [dark])
  useLayoutEffect(() => paint(dark), [dark])
  useEffect(() => {
    document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
  }, [language])
  useEffect(() => {
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])
  return (
    <ConfigProvider
      theme={theme}
      locale={locales[language]}
      componentSize={phone ? 'large' : 'middle'}
      csp={{ nonce }}
      button={{ autoInsertSpace: false }}
    >
      <NoticeHost>
        <RouterProvider router={router} />
      </NoticeHost>
    </ConfigProvider>
  )
}

// A page's boundary reports its own crash; React need not say it twice.
createRoot(document.getElementById('root')!, { onCaughtError: () => {} }).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <Console />
    </QueryClientProvider>
  </StrictMode>,
)
