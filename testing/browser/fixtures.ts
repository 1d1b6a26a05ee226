/** What the stub platform answers: the shapes of the real API, at a fixed evening in Shanghai. */
export const nowMs = Date.parse('2026-11-22T12:00:00Z')
const minute = 60_000
const ago = (minutes: number) => nowMs - minutes * minute

export const me = {
  user: { id: 'u_1', name: '林晓', email: 'owner@example.com' },
  workspace: { id: 'w_1', name: '晓晓的小店' },
  workspaces: [
    { id: 'w_1', name: '晓晓的小店', role: 'owner' },
    { id: 'w_2', name: '南山直播基地', role: 'operator' },
  ],
  role: 'owner',
  sandbox: true,
  version: '0.1.0',
  needsPassword: false,
}

const running = [
  {
    id: '0192f3c1-aaaa',
    queue: 'collector.backfill',
    state: 'active',
    progress: { done: 12_480, total: 20_000, rate: 212.5, etaSeconds: 36 * 60 },
    startedAtMs: ago(12),
    startedBy: '林晓',
    attempt: 1,
  },
  {
    id: '0192f3c2-bbbb',
    queue: 'collector.run',
    state: 'retry',
    progress: { done: 41, total: 96 },
    startedAtMs: ago(3),
    startedBy: '定时计划',
    attempt: 2,
  },
]

const kpi = (key: string, zh: string, en: string, value: number, more: object) => ({
  key,
  zh,
  en,
  value,
  definitionZh: '统计今天 00:00 至现在(上海时间)，来源为采集入库记录，每分钟更新。',
  definitionEn: 'Today from 00:00 Shanghai time until now, from stored rows, updated every minute.',
  href: '/jobs',
  ...more,
})

export const overview = {
  needs: [
    {
      kind: 'dead-letter',
      severity: 'warning',
      count: 4,
      titleZh: '事件没有处理成功，等待决定',
      titleEn: 'facts could not be processed and wait for a decision',
      href: '/dead-letters',
    },
    {
      kind: 'reauthorise',
      severity: 'error',
      count: 2,
      titleZh: '账号的授权已失效，需要重新授权',
      titleEn: 'accounts have lost their authorisation',
      href: '/engines',
    },
    {
      kind: 'renewal',
      severity: 'info',
      count: 7,
      titleZh: '账号将在 30 天内用完续期次数',
      titleEn: 'accounts run out of renewals within 30 days',
      href: '/settings',
    },
  ],
  kpis: [
    kpi('accounts', '正常账号', 'Accounts in order', 118, { unit: '/ 120' }),
    kpi('rows', '今日入库', 'Rows stored today', 1_284_567, { previous: 1_143_200 }),
    kpi('lag', '最新数据延迟 p95', 'Freshness lag p95', 327, { unit: 's', previous: 402 }),
    kpi('refresh', '刷新成功率', 'Refresh success', 99.62, { unit: '%', previous: 99.71 }),
  ],
  running,
  freshness: [
    { wing: 'connect', room: 'open-platform', lastAtMs: ago(1), lagSeconds: 42, status: 'fresh' },
    { wing: 'connect', room: 'collector', lastAtMs: ago(19), lagSeconds: 1140, status: 'late' },
    { wing: 'create', room: 'hot-list', lastAtMs: ago(200), lagSeconds: 12_000, status: 'stale' },
    { wing: 'engage', room: 'fan-events', lastAtMs: null, lagSeconds: null, status: 'idle' },
  ],
}

const queue = (name: string, room: string, counts: object) => ({
  name,
  room,
  waiting: 0,
  active: 0,
  delayed: 0,
  failed: 0,
  completed: 0,
  paused: false,
  ...counts,
})

export const jobs = {
  queues: [
    queue('collector.run', 'collector', { waiting: 12, active: 2, completed: 18_204 }),
    queue('collector.backfill', 'collector', {
      waiting: 3,
      active: 1,
      delayed: 1,
      failed: 2,
      completed: 311,
    }),
    queue('open-platform.refresh', 'open-platform', { completed: 5402, delayed: 118 }),
    queue('open-platform.renew', 'open-platform', { paused: true, waiting: 5, completed: 96 }),
  ],
  items: [
    ...running,
    {
      id: '0192f3c3-cccc',
      queue: 'collector.backfill',
      state: 'failed',
      progress: { done: 900, total: 4000 },
      startedAtMs: ago(95),
      startedBy: '林晓',
      error: '今日额度已用完，恢复后自动继续',
      attempt: 5,
    },
    {
      id: '0192f3c4-dddd',
      queue: 'open-platform.renew',
      state: 'completed',
      progress: { done: 118, total: 118 },
      startedAtMs: ago(340),
      startedBy: '定时计划',
      attempt: 1,
    },
  ],
}

const reasons = [
  { code: 'collector/schema-drift', message: '字段 statistics.forward_count 缺失，已保留原文' },
  { code: 'open-platform/unknown-account', message: '事件回调里的用户标识不属于任何已授权账号' },
  { code: 'collector/quota-used', message: '今日额度已用完，恢复后自动继续' },
  { code: 'collector/duplicate-conflict', message: '同一评论的两次推送内容不一致，需要确认以哪一次为准' },
]

export const deadLetters = Array.from({ length: 240 }, (_, index) => ({
  id: `dl_${String(index).padStart(6, '0')}`,
  room: index % 3 ? 'collector' : 'open-platform',
  group: index % 3 ? 'collector.store' : 'open-platform.webhooks',
  fact: ['comment.received', 'webhook.received', 'video.collected', 'comment.received'][index % 4],
  key: `69100${String(12_345_678_000_000 + index * 37).padStart(14, '0')}`,
  reason: reasons[index % 4],
  attempts: 3 + (index % 6),
  firstAtMs: ago(50 + index * 7),
  lastAtMs: ago(2 + index * 5),
  data: {
    itemId: '6910012345678907919',
    commentId: `72000${index}12345678901`,
    text: '这个颜色还有货吗？',
    digg: '12',
    source: { page: 3, logId: '202611221958330102031234567890' },
  },
}))

export const audit = Array.from({ length: 60 }, (_, index) => ({
  id: `au_${index}`,
  at: ago(index * 13),
  actor: index % 3 ? '系统' : '林晓',
  action: ['token.refreshed', 'account.authorised', 'dead-letter.retried', 'settings.read'][index % 4],
  subject: `69100${String(12_345_678_000_000 + index * 91).padStart(14, '0')}`,
  detail: { lane: 'collect', attempt: 1 + (index % 3) },
  room: index % 2 ? 'open-platform' : 'collector',
}))

export const engines = {
  items: [
    {
      engine: 'postgres',
      role: 'ledger, jobs, facts',
      picked: 'embedded',
      version: '18.4',
      reachable: true,
      latencyMs: 0.6,
    },
    {
      engine: 'clickhouse',
      role: 'warehouse',
      picked: 'chdb',
      version: '26.5',
      reachable: true,
      latencyMs: 3,
    },
    {
      engine: 'redis',
      role: 'shared fast state',
      picked: 'redis',
      url: 'redis://127.0.0.1:6379',
      reachable: false,
      advice: '检查 REDIS_URL；不设置时改用 Postgres。',
    },
    { engine: 'kafka', role: 'fact log', picked: '', reachable: false },
    {
      engine: 'douyin',
      role: 'open platform',
      picked: 'sandbox',
      version: 'v1',
      reachable: true,
      latencyMs: 12,
    },
  ],
}

export const settings = {
  rooms: [
    {
      room: 'platform',
      settings: [
        {
          name: 'port',
          env: 'PORT',
          value: 8787,
          default: 8787,
          secret: false,
          says: 'Port of the console and the API.',
        },
        {
          name: 'vaultKey',
          env: 'VAULT_KEY',
          value: '***',
          default: null,
          secret: true,
          says: 'Seals tokens at rest.',
        },
      ],
    },
    {
      room: 'collector',
      settings: [
        {
          name: 'everySeconds',
          env: 'COLLECTOR_EVERY_SECONDS',
          value: 120,
          default: 300,
          secret: false,
          says: 'Pause between two runs of one account.',
        },
      ],
    },
  ],
}

export const apiKeys = {
  scopes: ['read', 'write', 'admin'],
  items: [
    {
      id: 'k1',
      name: '报表程序',
      scopes: ['read'],
      createdAtMs: ago(4000),
      lastUsedAtMs: ago(4),
      expiresAtMs: nowMs + 86_400_000 * 60,
    },
  ],
}
