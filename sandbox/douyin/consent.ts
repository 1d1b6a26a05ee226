import type { Account } from '#sandbox/world.ts'
import { type Call, descriptions, type Endpoint, type Outcome } from './envelope.ts'
import type { Platform } from './platform.ts'

/**
 * The page on which a user lets the app in: choose one of the world's accounts, approve or deny.
 * `auto=<openId>` in the query, or the header `x-sandbox-approve: <openId>`, approves without a click; `auto=deny` denies.
 */
export function consentEndpoints(platform: Platform): Endpoint[] {
  return [
    {
      method: 'GET',
      path: '/platform/oauth/connect/',
      family: 'page',
      handle: (call) => consent(platform, call),
    },
  ]
}

function consent(platform: Platform, call: Call): Outcome {
  const code = wrong(platform, call.query)
  if (code) return { code, html: page('授权失败', `<p class="error">${code} ${descriptions[code]}</p>`) }
  const chosen = call.query['auto'] || String(call.headers['x-sandbox-approve'] ?? '')
  if (chosen === 'deny') return back(call, { error: 'access_denied' })
  const account = platform.world.accounts.get(chosen)
  if (!account) return { code: 0, html: choice(platform, call) }
  const granted = scopesOf(call.query).filter((scope) => !account.scopes || account.scopes.includes(scope))
  return back(call, { code: platform.grants.issueCode(account.openId, granted, platform.clientKey) })
}

function wrong(platform: Platform, query: Record<string, string>): number {
  if (['client_key', 'response_type', 'scope', 'redirect_uri'].some((name) => !query[name])) return 10005
  if (query['client_key'] !== platform.clientKey) return 10003
  if (query['response_type'] !== 'code') return 10002
  const target = URL.parse(query['redirect_uri']!)
  if (!target || !/^https?:$/.test(target.protocol)) return 10006
  // Only the domain has to match what the app registered.
  if (platform.redirectDomains.length > 0 && !platform.redirectDomains.includes(target.hostname)) return 10006
  return scopesOf(query).every((scope) => platform.appScopes.includes(scope)) ? 0 : 10004
}

/** Required scopes, then the optional ones: their list carries a 0/1 after each name. */
function scopesOf(query: Record<string, string>): string[] {
  const required = (query['scope'] ?? '').split(',')
  const optional = (query['optionalScope'] ?? '').split(',').filter((scope) => !/^[01]$/.test(scope))
  return [...new Set([...required, ...optional].map((scope) => scope.trim()))].filter(Boolean)
}

function back(call: Call, parameters: Record<string, string>): Outcome {
  const target = new URL(call.query['redirect_uri']!)
  for (const [name, value] of Object.entries(parameters)) target.searchParams.set(name, value)
  if (call.query['state'] !== undefined) target.searchParams.set('state', call.query['state'])
  return { redirect: target.href }
}

function choice(platform: Platform, call: Call): string {
  const link = (auto: string) => `?${escaped(new URLSearchParams({ ...call.query, auto }).toString())}`
  const card = ({ openId, nickname, city, fans }: Account) =>
    `<li><a href="${link(openId)}"><b aria-hidden="true">${escaped(nickname.slice(0, 1))}</b>
     <span>${escaped(nickname)}<small>${escaped(city)} · 粉丝 ${fans}</small></span><em>同意授权</em></a></li>`
  const scopes = scopesOf(call.query).map((scope) => `<code>${escaped(scope)}</code>`)
  return page(
    '抖音授权（沙盒）',
    `<p>这是沙盒里的授权页，账号与数据都是生成的。应用 <code>${escaped(platform.clientKey)}</code> 申请：${scopes.join(' ')}</p>
     <ul>${[...platform.world.accounts.values()].map(card).join('')}</ul>
     <p><a class="deny" href="${link('deny')}">拒绝</a></p>`,
  )
}

const page = (title: string, body: string) => `<!doctype html>
<html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>
<style>
body{font:15px/1.6 system-ui,"PingFang SC","Microsoft YaHei",sans-serif;max-width:30rem;margin:3rem auto;padding:0 1rem;color:#161823}
ul{list-style:none;padding:0}li{margin:.5rem 0}
li a{display:flex;gap:.8rem;align-items:center;padding:.7rem;border:1px solid #e3e4e8;border-radius:10px;text-decoration:none;color:inherit}
li a:hover,li a:focus{border-color:#fe2c55}li b{width:2.4rem;line-height:2.4rem;text-align:center;border-radius:50%;background:#161823;color:#fff}
small{display:block;color:#73747b}em{margin-left:auto;font-style:normal;color:#fe2c55}.deny{color:#73747b}.error{color:#c00}
code{background:#f4f4f6;border-radius:4px;padding:0 .3em}
</style><h1>${title}</h1>${body}</html>`

const escaped = (text: string) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
