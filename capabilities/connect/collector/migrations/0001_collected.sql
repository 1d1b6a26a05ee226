-- What was collected from Douyin, and how far each collection has come.

create schema collector;

-- Accounts as the last plan saw them. `house` stands for the installation, which collects the hot list.
create table collector.account (
  workspace_id text not null,
  account_id   text not null,
  open_id      text not null,
  nickname     text not null,
  seen_at      timestamptz not null,
  primary key (workspace_id, account_id)
);
create index account_by_open_id on collector.account (open_id);

-- One row per account and source: its state, its schedule, and the pass under way (see collector.ts).
create table collector.source (
  workspace_id    text not null,
  account_id      text not null,
  source          text not null,
  state           text not null default 'idle',
  revision        bigint not null default 0,
  pass            text,
  pass_at         timestamptz,
  cursor          text,
  head_at         timestamptz,
  until_at        timestamptz,
  settled_at      timestamptz,
  full_at         timestamptz,
  quota_until     timestamptz,
  last_success_at timestamptz,
  next_plan_at    timestamptz not null,
  failures        integer not null default 0,
  failure         jsonb,
  rows            bigint not null default 0,
  pulled          bigint not null default 0,
  repeated        bigint not null default 0,
  newest_at       timestamptz,
  primary key (workspace_id, account_id, source)
);
create index source_by_plan on collector.source (next_plan_at);

create table collector.run (
  workspace_id text not null,
  run_id       text not null,
  account_id   text not null,
  sources      text[] not null,
  is_scheduled boolean not null,
  since_at     timestamptz,
  state        text not null default 'waiting',
  started_by   text,
  created_at   timestamptz not null,
  started_at   timestamptz,
  ended_at     timestamptz,
  done         bigint not null default 0,
  total        bigint,
  pages        bigint not null default 0,
  rows_new     bigint not null default 0,
  rows_changed bigint not null default 0,
  rows_same    bigint not null default 0,
  cursors      jsonb not null default '{}',
  failures     jsonb not null default '[]',
  primary key (workspace_id, run_id)
);
create unique index run_one_waits on collector.run (workspace_id, account_id) where state = 'waiting';
create index run_unended on collector.run (workspace_id, account_id) where state in ('waiting', 'running');
create index run_newest on collector.run (workspace_id, run_id desc);

create table collector.video (
  workspace_id   text not null,
  item_id        text not null,
  account_id     text not null,
  video_id       text not null,
  title          text not null,
  cover          text not null,
  share_url      text not null,
  published_at   timestamptz not null,
  is_top         boolean not null,
  is_reviewed    boolean not null,
  media_type     integer not null,
  video_status   integer not null,
  plays          bigint not null,
  likes          bigint not null,
  comments       bigint not null,
  shares         bigint not null,
  forwards       bigint not null,
  downloads      bigint not null,
  looked_at      timestamptz not null,
  listed_at      timestamptz,
  gone_at        timestamptz,
  -- Plays at a moment one to two days ago, and at the one that will take its place.
  base_plays     bigint not null,
  base_at        timestamptz not null,
  next_plays     bigint not null,
  next_at        timestamptz not null,
  growth         double precision not null default 0,
  first_seen_at  timestamptz not null,
  primary key (workspace_id, item_id)
);
create index video_newest on collector.video (workspace_id, published_at desc, item_id desc);
create index video_of_account on collector.video (workspace_id, account_id, published_at desc, item_id desc);
create index video_by_plays on collector.video (workspace_id, plays desc, item_id desc);
create index video_by_likes on collector.video (workspace_id, likes desc, item_id desc);
create index video_by_growth on collector.video (workspace_id, growth desc, item_id desc);
create index video_first_seen on collector.video (workspace_id, first_seen_at);

-- The comments of one video: which pass is under way and where it stands, and what the last ones settled.
create table collector.thread (
  workspace_id text not null,
  item_id      text not null,
  account_id   text not null,
  revision     bigint not null default 0,
  pass         text,
  pass_at      timestamptz,
  cursor       text,
  head_at      timestamptz,
  until_at     timestamptz,
  settled_at   timestamptz,
  full_at      timestamptz,
  counted      bigint,
  counted_full bigint,
  known        bigint not null default 0,
  done_run     text,
  primary key (workspace_id, item_id)
);
create index thread_of_account on collector.thread (workspace_id, account_id);

create table collector.comment (
  workspace_id    text not null,
  comment_id      text not null,
  account_id      text not null,
  item_id         text not null,
  room_id         text,
  reply_to        text,
  user_id         text not null,
  nickname        text not null,
  avatar          text not null,
  content         text not null,
  created_at      timestamptz not null,
  likes           bigint not null,
  replies         bigint not null,
  is_top          boolean not null,
  origin          text not null,
  first_seen_at   timestamptz not null,
  -- Replies are read when the count moved since they were read last.
  replies_settled bigint not null default 0,
  reply_cursor    text,
  primary key (workspace_id, comment_id)
);
create index comment_oldest on collector.comment (workspace_id, created_at, comment_id);
create index comment_of_item on collector.comment (workspace_id, item_id, created_at, comment_id);
create index comment_of_account on collector.comment (workspace_id, account_id, created_at, comment_id);
create index comment_first_seen on collector.comment using brin (first_seen_at) with (pages_per_range = 32);
create index comment_owing_replies on collector.comment (workspace_id, item_id, comment_id)
  where reply_to is null and replies <> replies_settled;

-- Points on their way to the warehouse; taken out when they have arrived there.
create table collector.point_outbox (
  seq          bigint generated always as identity primary key,
  workspace_id text not null,
  account_id   text not null,
  item_id      text not null,
  at           timestamptz not null,
  plays        bigint not null,
  likes        bigint not null,
  comments     bigint not null,
  shares       bigint not null,
  forwards     bigint not null,
  downloads    bigint not null
);

create table collector.hot_list_snapshot (
  workspace_id text not null,
  list         text not null,
  active_at    timestamptz not null,
  captured_at  timestamptz not null,
  in_warehouse boolean not null default false,
  primary key (workspace_id, list, active_at)
);
create index hot_list_on_its_way on collector.hot_list_snapshot (active_at) where not in_warehouse;

create table collector.hot_list_entry (
  workspace_id text not null,
  list         text not null,
  active_at    timestamptz not null,
  rank         integer not null,
  sentence     text not null,
  heat         bigint not null,
  label        integer not null,
  primary key (workspace_id, list, active_at, rank)
);
create index hot_list_topic on collector.hot_list_entry (workspace_id, sentence, active_at);
