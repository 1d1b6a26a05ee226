import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import { type Sandbox, startSandbox } from '#sandbox/sandbox.ts'
import { visitor } from '#sandbox/visitor.ts'

// The SDK spells its host out in every operation and has no setting for it. All its requests go through one
// function of its HTTP layer, so that is where the host, and nothing else, is replaced.
const require = createRequire(import.meta.url)
const fromSdk = createRequire(require.resolve('@open-dy/open_api_sdk'))
const http = fromSdk('@alicloud/tea-typescript')
const sdk = require('@open-dy/open_api_sdk')
const original = http.doAction
let sandbox: Sandbox
// biome-ignore lint/suspicious/noExplicitAny: the SDK's declarations want its whole tree compiled
let client: any

before(async () => {
  sandbox = await startSandbox({ seed: 13 })
  // biome-ignore lint/suspicious/noExplicitAny: as above
  http.doAction = (request: any, runtime: unknown) => {
    request.protocol = 'http'
    request.headers.host = '127.0.0.1'
    request.port = sandbox.port
    return original(request, runtime)
  }
  client = new sdk.default({ clientKey: sandbox.clientKey, clientSecret: sandbox.clientSecret })
  client.setRuntimeOptions({
    readTimeout: 10_000,
    connectTimeout: 10_000,
    autoretry: false,
    ignoreSSL: true,
    maxAttempts: 1,
  })
})
after(async () => {
  http.doAction = original
  await sandbox.close()
})

test('the vendor’s own SDK authorises, refreshes and reads videos, comments and hot words', async () => {
  const openId = [...sandbox.world.accounts.keys()][2]!
  const app = { clientKey: sandbox.clientKey, clientSecret: sandbox.clientSecret }
  const code = await visitor(sandbox).consent(openId)
  const exchange = new sdk.OauthAccessTokenRequest({ ...app, code, grantType: 'authorization_code' })
  const { data: grant } = await client.oauthAccessToken(exchange)
  assert.match(grant.accessToken, /^act\./)
  assert.equal(grant.openId, openId)

  const refresh = { clientKey: app.clientKey, grantType: 'refresh_token', refreshToken: grant.refreshToken }
  const { data: refreshed } = await client.oauthRefreshToken(new sdk.OauthRefreshTokenRequest(refresh))
  assert.equal(refreshed.accessToken, grant.accessToken)

  const own = { accessToken: grant.accessToken, openId }
  const { data: user } = await client.oauthUserinfo(new sdk.OauthUserinfoRequest(own))
  assert.equal(user.nickname, sandbox.world.accounts.get(openId)!.nickname)

  const { data: videos } = await client.videoVideoList(
    new sdk.VideoVideoListRequest({ ...own, cursor: '0', count: 20 }),
  )
  assert.equal(videos.list.length, 20)
  assert.equal(videos.hasMore, true)
  const { itemId, videoId } = videos.list[0]
  assert.match(videoId ?? '', /^\d{19}$/)

  const wanted = new sdk.VideoVideoDataRequest({ ...own, itemIds: [itemId] })
  const { data: numbers } = await client.videoVideoData(wanted)
  assert.equal(numbers.list[0].itemId, itemId)
  const { data: base } = await client.itemBase(new sdk.ItemBaseRequest({ ...own, itemId }))
  assert.equal(Number(base.result.totalPlay), Number(numbers.list[0].statistics.playCount))
  const { data: fans } = await client.userFansData(new sdk.UserFansDataRequest(own))
  assert.ok(fans.fansData.allFansNum > 0)

  const busiest = videos.list.toSorted(
    (a: Commented, b: Commented) => Number(b.statistics.commentCount) - Number(a.statistics.commentCount),
  )[0]
  const ask = { ...own, itemId: busiest.itemId, cursor: '0', count: 10, sortType: 'time' }
  const { data: comments } = await client.commentList(new sdk.CommentListRequest(ask))
  assert.equal(comments.list.length, 10)
  const answer = { ...own, itemId: busiest.itemId, commentId: comments.list[0].commentId, content: '谢谢' }
  const { data: reply } = await client.itemCommentReply(new sdk.ItemCommentReplyRequest(answer))
  const thread = { ...own, itemId: busiest.itemId, commentId: answer.commentId, cursor: '0', count: 20 }
  const { data: replies } = await client.commentReplyList(new sdk.CommentReplyListRequest(thread))
  assert.equal(replies.list.at(-1).commentId, reply.commentId)

  const ticket = new sdk.OauthClientTokenRequest({ ...app, grantType: 'client_credential' })
  const { accessToken } = (await client.oauthClientToken(ticket)).data
  const { data: words } = await client.hotsearchSentences(new sdk.HotsearchSentencesRequest({ accessToken }))
  assert.equal(words.list.length, 50)
  assert.match(words.activeTime, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/)
  const rising = new sdk.TrendingSentencesRequest({ accessToken, cursor: 0, count: 5 })
  assert.equal((await client.trendingSentences(rising)).data.list.length, 5)
})

test('the SDK reports the platform’s refusal with its code', async () => {
  const openId = [...sandbox.world.accounts.keys()][0]!
  const request = new sdk.VideoVideoListRequest({ accessToken: 'act.nobody', openId, cursor: '0', count: 5 })
  await assert.rejects(client.videoVideoList(request), { code: '2190002' })
})

type Commented = { statistics: { commentCount: number | string } }
