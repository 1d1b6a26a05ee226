import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Sandbox, startSandbox } from '#sandbox/sandbox.ts'
import { visitor } from '#sandbox/visitor.ts'

const nowMs = Date.parse('2026-03-05T09:10:00+08:00')
let sandbox: Sandbox
let client: ReturnType<typeof visitor>
let openId: string
let token: string
type Row = Record<string, unknown>

before(async () => {
  sandbox = await startSandbox({ seed: 5, nowMs })
  client = visitor(sandbox)
  openId = [...sandbox.world.accounts.keys()][0]!
  token = (await client.authorise(openId)).access_token
})
after(() => sandbox.close())

async function readAll(path: string, fields: Record<string, string | number>): Promise<Row[]> {
  const rows: Row[] = []
  let cursor: string | number = 0
  for (;;) {
    const { json } = await client.get(path, { open_id: openId, cursor, ...fields }, token)
    assert.equal(Number(json.data.error_code), 0, json.data.description)
    rows.push(...json.data.list)
    if (!json.data.has_more) return rows
    cursor = json.data.cursor
  }
}

test('every video of an account comes once, newest first, with 19-digit ids', async () => {
  const videos = await readAll('/api/douyin/v1/video/video_list/', { count: 7 })
  assert.equal(videos.length, 40)
  assert.equal(new Set(videos.map((video) => video['item_id'])).size, 40)
  const times = videos.map((video) => Number(video['create_time']))
  assert.deepEqual(
    times,
    times.toSorted((a, b) => b - a),
  )
  for (const video of videos) {
    assert.match(String(video['video_id']), /^\d{19}$/)
    assert.match(String(video['item_id']), /^@.+==$/)
  }
  const types = new Set(videos.map((video) => typeof video['create_time']))
  assert.deepEqual([...types].sort(), ['number', 'string'], 'numbers drift')
})

test('the old paths take the token in the query, the new ones only in the header', async () => {
  const old = await client.get('/video/list/', { open_id: openId, access_token: token, cursor: 0, count: 20 })
  assert.equal(old.json.data.list.length, 20)
  const fields = { open_id: openId, access_token: token, cursor: 0, count: 20 }
  const wrong = await client.get('/api/douyin/v1/video/video_list/', fields)
  assert.equal(wrong.status, 200)
  assert.equal(wrong.json.extra.error_code, 2190002)
  assert.equal(Number(wrong.json.data.error_code), 2190002)
})

test('counts and cursors outside the limits are bad parameters', async () => {
  for (const [name, value] of [
    ['count', 21],
    ['count', 0],
    ['cursor', -1],
    ['cursor', 'x'],
  ] as const) {
    const fields = { open_id: openId, [name]: value }
    const { json } = await client.get('/api/douyin/v1/video/video_list/', fields, token)
    assert.equal(json.extra.error_code, 2100005)
  }
})

test('video data finds own videos by either id', async () => {
  const [first, second] = (await client.rows('videos')).filter((video) => video['openId'] === openId)
  const body = { item_ids: [first!['itemId']], video_ids: [second!['videoId']] }
  const { json } = await client.post('/api/douyin/v1/video/video_data/', { open_id: openId }, token, body)
  assert.deepEqual(
    json.data.list.map((video: Row) => video['item_id']),
    [first!['itemId'], second!['itemId']],
  )
  const base = await client.get(
    '/data/external/item/base/',
    { open_id: openId, item_id: String(first!['itemId']) },
    token,
  )
  assert.equal(
    Number(base.json.data.result.total_play),
    (first!['statistics'] as { playCount: number }).playCount,
  )
  const fans = await client.get('/api/douyin/v1/user/fans_data/', { open_id: openId }, token)
  assert.equal(fans.json.data.fans_data.all_fans_num, sandbox.world.accounts.get(openId)!.fans)
})

test('every comment and reply comes exactly once in every order', async () => {
  const truth = await client.rows('comments')
  const owners = new Map((await client.rows('videos')).map((video) => [video['itemId'], video['openId']]))
  const parent = truth.find((row) => owners.get(row['itemId']) === openId && Number(row['replyTotal']) > 2)!
  const itemId = String(parent['itemId'])
  const expected = truth.filter((comment) => comment['itemId'] === itemId && comment['replyTo'] === null)
  assert.ok(expected.length > 20)
  for (const order of ['', 'time', 'time_asc']) {
    const fields = { item_id: itemId, count: 9, ...(order && { sort_type: order }) }
    const comments = await readAll('/item/comment/list/', fields)
    assert.deepEqual(ids(comments), expected.map((row) => String(row['commentId'])).sort())
    const times = comments.map((comment) => Number(comment['create_time']))
    if (order === 'time')
      assert.deepEqual(
        times,
        times.toSorted((a, b) => b - a),
      )
    if (order === 'time_asc')
      assert.deepEqual(
        times,
        times.toSorted((a, b) => a - b),
      )
  }
  const fields = { item_id: itemId, comment_id: String(parent['commentId']), count: 1 }
  const replies = await readAll('/item/comment/reply/list/', fields)
  const answers = truth.filter((row) => row['replyTo'] === parent['commentId'])
  assert.deepEqual(ids(replies), answers.map((row) => String(row['commentId'])).sort())
  assert.equal(answers.length, parent['replyTotal'])
})

test('a comment that arrives between two pages shifts the newest-first list by one', async () => {
  const itemId = String(
    (await client.rows('videos')).filter((video) => video['openId'] === openId)[5]!['itemId'],
  )
  const fields = { open_id: openId, item_id: itemId, sort_type: 'time', count: 5 }
  const page = async (cursor: number) =>
    (await client.get('/item/comment/list/', { ...fields, cursor }, token)).json.data
  const first = await page(0)
  const body = { item_id: itemId, content: '谢谢大家' }
  const posted = await client.post('/item/comment/reply/', { open_id: openId }, token, body)
  const second = await page(Number(first.cursor))
  assert.equal(second.list[0].comment_id, first.list[4].comment_id)
  assert.equal((await page(0)).list[0].comment_id, posted.json.data.comment_id)
  const reply = { item_id: itemId, comment_id: posted.json.data.comment_id, content: '不客气' }
  await client.post('/item/comment/reply/', { open_id: openId }, token, reply)
  assert.equal(Number((await page(0)).list[0].reply_comment_total), 1)
})

test('another account has no business with a video', async () => {
  const foreign = (await client.rows('videos')).find((video) => video['openId'] !== openId)!
  const fields = { open_id: openId, item_id: String(foreign['itemId']) }
  const { json } = await client.get('/item/comment/list/', fields, token)
  assert.equal(json.extra.error_code, 2190007)
})

test('the mini-app comment list speaks the other envelope', async () => {
  const video = (await client.rows('videos')).find((row) => row['openId'] === openId)!
  const fields = { open_id: openId, item_id: String(video['itemId']), count: 50 }
  const good = (await client.get('/api/apps/v1/item/list_comment/', fields, token)).json
  assert.equal(good.err_no, 0)
  assert.ok(good.data.data.list.length > 0 && good.log_id)
  const bad = (await client.get('/api/apps/v1/item/list_comment/', fields, 'act.x')).json
  assert.equal(bad.err_no, 28001003)
})

test('hot words follow the clock and rising words page through', async () => {
  const words = (await client.clientToken()).json.data.access_token
  const read = async () => (await client.get('/hotsearch/sentences/', {}, words)).json.data
  const first = await read()
  assert.equal(first.list.length, 50)
  assert.equal(first.active_time, '2026-03-05 09:00:00')
  await client.control('PUT', '/clock', { advanceMs: 1_800_000 })
  const later = await read()
  assert.equal(later.active_time, '2026-03-05 09:30:00')
  assert.notDeepEqual(later.list, first.list)
  const trend = (await client.get('/hotsearch/trending/sentences/', { cursor: 0, count: 10 }, words)).json
    .data
  assert.ok(trend.list.every((word: Row) => word['label'] !== undefined) && trend.total >= trend.list.length)
  const sentence = String(first.list[0].sentence)
  const videos = (await client.get('/hotsearch/videos/', { hot_sentence: sentence }, words)).json.data.list
  assert.ok(videos.length > 0)
  const lists = await client.rows('hot_search')
  assert.deepEqual(
    (lists.at(-1)!['sentences'] as Row[]).map((word) => word['sentence']),
    later.list.map((word: Row) => word['sentence']),
  )
})

const ids = (rows: Row[]) => rows.map((row) => String(row['comment_id'])).sort()
