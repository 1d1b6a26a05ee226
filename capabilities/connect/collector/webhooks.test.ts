import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toldComments } from './webhooks.ts'

const AT = 1_800_000_000_000

test('a comment event is the comment that will be pulled later, whatever its numbers are written as', () => {
  const content = {
    comment_id: '@c==',
    comment_user_id: 'u',
    content: '好看',
    create_time: '1700000000',
    digg_count: '3',
    reply_to_comment_id: '',
    reply_to_item_id: '@v==',
  }
  const [told] = toldComments('item_comment_reply', content, 'from', AT)
  assert.deepEqual(told, {
    commentId: '@c==',
    itemId: '@v==',
    roomId: null,
    replyTo: null,
    userId: 'u',
    nickname: '',
    content: '好看',
    createdAtMs: 1_700_000_000_000,
    likes: 3,
    origin: 'webhook',
  })
  assert.equal(
    toldComments('item_comment_reply', { ...content, reply_to_comment_id: '@p==' }, '', AT)[0]?.replyTo,
    '@p==',
  )
})

test('live remarks come as a list, in milliseconds', () => {
  const content = [
    { msg_id: 'm1', sec_openid: 'u', content: '来了', nickname: 'n', timestamp: AT, room_id: '7' },
  ]
  const [told] = toldComments('live_comment', content, '', AT + 5)
  assert.deepEqual(
    [told?.commentId, told?.roomId, told?.createdAtMs, told?.origin],
    ['live/m1', '7', AT, 'live'],
  )
})

test('what is no comment, or half of one, tells nothing', () => {
  for (const content of [null, 'x', {}, { comment_id: 'c' }, [null]])
    assert.deepEqual(toldComments('item_comment_reply', content, '', AT), [])
  assert.deepEqual(toldComments('new_follow_action', { action_type: 1 }, '', AT), [])
})
