import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const here = fileURLToPath(new URL('.', import.meta.url))

/** Builds `console/dist`. The platform replaces `__CSP_NONCE__` in index.html with the nonce of each answer. */
export default defineConfig({
  root: here,
  base: '/',
  plugins: [react()],
  html: { cspNonce: '__CSP_NONCE__' },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    manifest: true,
    // The chart engine is one deliberate large chunk; budget.ts is the real limit.
    chunkSizeWarningLimit: 900,
    assetsInlineLimit: 0,
  },
  server: {
    host: '127.0.0.1',
    proxy: Object.fromEntries(
      ['/api', '/sign-in/link', '/docs', '/openapi.json'].map((path) => [path, 'http://127.0.0.1:8787']),
    ),
  },
})
