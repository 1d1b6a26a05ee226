create schema order_sync;

-- A shop that was connected. `fence` grows with every claim to ask for a token; tokens are written under the fence of their claim.
create table order_sync.shop (
  shop_id            text primary key,
  workspace_id       text not null,
  platform           text not null default 'doudian',
  name               text not null default '',
  status             text not null default 'active' check (status in ('active', 'lost', 'disconnected')),
  status_reason      text,
  access_token       text,
  refresh_token      text,
  access_expires_at  timestamptz,
  refresh_expires_at timestamptz,
  token_no           bigint not null default 0,
  connected_at       timestamptz not null default now(),
  last_push_at       timestamptz,
  -- Pull: everything that changed up to here is known. `revision` moves with it: the slower of two pulls loses.
  order_watermark    timestamptz,
  refund_watermark   timestamptz,
  revision           bigint not null default 0,
  next_pull_at       timestamptz not null default now(),
  last_pull_at       timestamptz,
  pull_failures      integer not null default 0,
  pull_reason        text,
  -- Of what the last pulls found changed: how much no push had told. Halved with every pull, so it forgets.
  found              double precision not null default 0,
  missed             double precision not null default 0
);
create index shop_of_workspace on order_sync.shop (workspace_id, shop_id);

-- The key of the hashes that buyers are searched by, sealed; one for each workspace.
create table order_sync.search_key (
  workspace_id text primary key,
  sealed       text not null
);

-- The inbox: what was posted, as it came. Written before the reply.
create table order_sync.post (
  post_id      text primary key,
  workspace_id text not null,
  shop_id      text not null,
  body         text not null,
  signature    text not null,
  received_at  timestamptz not null default now()
);
create index post_received_at on order_sync.post using brin (received_at);

-- Each message of a post. The unique key is what makes an effect happen once; everything faster is a courtesy.
create table order_sync.message (
  id           bigint generated always as identity,
  workspace_id text not null,
  shop_id      text not null,
  post_id      text not null,
  nth          integer not null,
  msg_id       text not null,
  version      text not null,
  tag          text not null,
  order_id     text not null default '',
  received_at  timestamptz not null default now(),
  state        text not null default 'received' check (state in ('received', 'done', 'parked', 'ignored')),
  reason       text,
  processed_at timestamptz,
  primary key (msg_id, version, order_id, shop_id)
);
create index message_waiting on order_sync.message (id) where state = 'received';
create index message_of_order on order_sync.message (shop_id, order_id, id) where state <> 'received';
create index message_parked on order_sync.message (workspace_id, id desc) where state = 'parked';
create index message_received_at on order_sync.message using brin (received_at);

-- What was refused, repeated or could not be read: the latest ones, and a count by hour of all of them.
create table order_sync.conflict (
  id           bigint generated always as identity primary key,
  workspace_id text not null,
  shop_id      text not null,
  kind         text not null,
  at           timestamptz not null,
  msg_id       text not null default '',
  order_id     text not null default '',
  tag          text not null default '',
  reason       text not null,
  remote       text not null default '',
  head         text not null default ''
);
create index conflict_of_workspace on order_sync.conflict (workspace_id, id desc);
create table order_sync.conflict_hour (
  workspace_id text not null,
  shop_id      text not null,
  kind         text not null,
  hour         timestamptz not null,
  count        bigint not null,
  primary key (workspace_id, shop_id, kind, hour)
);

create sequence order_sync.change_no;

-- One row for each order and workspace: a shop may move to another one, and its past does not move along. `state` is the truth (without the buyer), the columns are what is searched, summed and compared.
create table order_sync.purchase (
  shop_id       text not null,
  order_id      text not null,
  workspace_id  text not null,
  platform      text not null,
  state         jsonb not null,
  told          text[] not null default '{}',
  status        text not null,
  source        text not null,
  created_at    timestamptz,
  paid_at       timestamptz,
  shipped_at    timestamptz,
  finished_at   timestamptz,
  closed_at     timestamptz,
  total_fen     bigint,
  paid_fen      bigint,
  refunded_fen  bigint not null default 0,
  line_count    integer not null default 0,
  imbalance     text,
  is_extra      boolean not null default false,
  buyer_sealed  text,
  buyer_mask    jsonb,
  buyer_hashes  text[] not null default '{}',
  wanted_at     timestamptz,
  wanted_tries  integer not null default 0,
  -- From the payment to our knowing of it, for those that a push told.
  delay_ms      bigint,
  first_seen_at timestamptz not null default now(),
  changed_at    timestamptz not null default now(),
  change_no     bigint not null default nextval('order_sync.change_no'),
  primary key (workspace_id, shop_id, order_id)
);
create unique index purchase_lately on order_sync.purchase (workspace_id, change_no desc);
create index purchase_of_day on order_sync.purchase (workspace_id, shop_id, created_at, order_id);
create index purchase_tail on order_sync.purchase (workspace_id, (reverse(order_id)) text_pattern_ops);
create index purchase_buyer on order_sync.purchase using gin (buyer_hashes);
create index purchase_wanted on order_sync.purchase (wanted_at) where wanted_at is not null;
create index purchase_imbalance on order_sync.purchase (workspace_id, change_no desc) where imbalance is not null;

-- The timeline: each push and page that said something, and what came of it.
create table order_sync.sighting (
  id           bigint generated always as identity primary key,
  workspace_id text not null,
  shop_id      text not null,
  order_id     text not null,
  source       text not null,
  tag          text not null default '',
  msg_id       text not null default '',
  at           timestamptz,
  seen_at      timestamptz not null,
  status       text,
  outcome      text not null,
  why          text not null
);
create index sighting_of_order on order_sync.sighting (workspace_id, shop_id, order_id, id);

-- Past orders that are being read: the cursor moves with the page.
create table order_sync.backfill (
  backfill_id  text primary key,
  workspace_id text not null,
  shop_id      text not null,
  from_at      timestamptz not null,
  to_at        timestamptz not null,
  cursor_at    timestamptz not null,
  skip         integer not null default 0,
  orders       bigint not null default 0,
  fresh        bigint not null default 0,
  state        text not null default 'waiting' check (state in ('waiting', 'running', 'done', 'failed')),
  reason       text,
  started_by   text not null,
  created_at   timestamptz not null default now(),
  ended_at     timestamptz
);
create index backfill_of_shop on order_sync.backfill (workspace_id, shop_id, created_at desc);

-- One report for each shop and day. Made again, it counts again, and what was named stays named.
create table order_sync.report (
  shop_id       text not null,
  day           date not null,
  workspace_id  text not null,
  compared      bigint not null,
  theirs        bigint not null,
  theirs_fen    bigint not null,
  true_until    timestamptz not null,
  is_partial    boolean not null,
  partial_why   text,
  made_at       timestamptz not null default now(),
  mailed_at     timestamptz,
  primary key (workspace_id, shop_id, day)
);
create index report_of_workspace on order_sync.report (workspace_id, day desc, shop_id);
create table order_sync.difference (
  shop_id      text not null,
  day          date not null,
  order_id     text not null,
  kind         text not null check (kind in ('missing', 'extra', 'status', 'amount', 'time', 'refund')),
  workspace_id text not null,
  ours         text not null,
  theirs       text not null,
  off_fen      bigint not null default 0,
  is_repaired  boolean not null default false,
  primary key (workspace_id, shop_id, day, order_id, kind)
);
create index difference_of_order on order_sync.difference (workspace_id, shop_id, order_id);

-- Who wants to hear of orders, and what they were told.
create table order_sync.subscriber (
  subscriber_id text primary key,
  workspace_id  text not null,
  name          text not null,
  url           text not null,
  secret        text not null,
  kinds         text[] not null,
  is_paused     boolean not null default false,
  created_at    timestamptz not null default now()
);
create index subscriber_of_workspace on order_sync.subscriber (workspace_id);
create table order_sync.delivery (
  delivery_id   bigint generated always as identity primary key,
  workspace_id  text not null,
  subscriber_id text not null,
  message_id    text not null,
  kind          text not null,
  order_id      text not null,
  body          text not null,
  told_at       timestamptz not null,
  state         text not null default 'waiting' check (state in ('waiting', 'done', 'dead')),
  tries         integer not null default 0,
  replays       integer not null default 0,
  next_at       timestamptz not null default now(),
  claimed_until timestamptz,
  reason        text,
  done_at       timestamptz,
  unique (subscriber_id, message_id)
);
create index delivery_waiting on order_sync.delivery (next_at) where state = 'waiting';
create index delivery_line on order_sync.delivery (subscriber_id, order_id, delivery_id) where state = 'waiting';
create index delivery_of_workspace on order_sync.delivery (workspace_id, delivery_id desc);
create index delivery_of_order on order_sync.delivery (order_id);
create table order_sync.attempt (
  id           bigint generated always as identity primary key,
  workspace_id text not null,
  delivery_id  bigint not null,
  at           timestamptz not null,
  took_ms      integer not null,
  status       integer,
  reason       text
);
create index attempt_of_delivery on order_sync.attempt (delivery_id, id);
