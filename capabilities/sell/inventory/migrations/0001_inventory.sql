create schema inventory;

-- A shop whose stock we look at: of a platform that is pulled, or one that is kept by hand (csv).
-- `revision` counts what may change its forecasts; `judged_at` is when its warnings were last worked out.
create table inventory.shop (
  workspace_id    text not null,
  shop_id         text not null,
  platform        text not null check (platform in ('doudian', 'shopify', 'taobao', 'pdd', 'csv')),
  name            text not null,
  sealed          text,
  state           text not null default 'idle' check (state in ('idle', 'running', 'failed', 'paused')),
  every_seconds   integer not null,
  next_pull_at    timestamptz,
  last_pull_at    timestamptz,
  last_success_at timestamptz,
  failures        integer not null default 0,
  failure         jsonb,
  last_pull       jsonb,
  revision        bigint not null default 0,
  is_stale        boolean not null default true,
  judged_at       timestamptz,
  service_level   real,
  lead_days       integer,
  created_at      timestamptz not null,
  primary key (workspace_id, shop_id)
);
create index shop_due on inventory.shop (next_pull_at) where next_pull_at is not null;
create index shop_stale on inventory.shop (judged_at) where is_stale;

-- What is there of a SKU in a shop, and what was worked out from its sales the last time.
create table inventory.item (
  workspace_id  text not null,
  shop_id       text not null,
  sku           text not null,
  platform      text not null,
  title         text not null default '',
  variant       text not null default '',
  available     integer not null default 0,
  reserved      integer not null default 0,
  in_transit    integer not null default 0 check (in_transit >= 0),
  price_fen     bigint,
  cost_fen      bigint,
  service_level real,
  lead_days     integer,
  -- When the platform, or a file, last told the number. Null: only known from orders.
  counted_at    timestamptz,
  first_seen_at timestamptz not null,
  plan          jsonb,
  per_day       double precision,
  days_of_cover double precision,
  suggested     integer,
  quiet_days    integer not null default 0,
  abc           text not null default 'C',
  pace          text not null default 'none',
  primary key (workspace_id, shop_id, sku)
);
create index item_by_cover on inventory.item (workspace_id, days_of_cover, shop_id, sku);

-- Every change of a number, with its reason.
create table inventory.movement (
  workspace_id text not null,
  movement_no  bigint generated always as identity,
  shop_id      text not null,
  sku          text not null,
  kind         text not null check (kind in ('reserved', 'sold', 'released', 'counted', 'imported', 'ordered', 'transit')),
  units        integer not null,
  available    integer not null,
  order_id     text,
  by           text,
  at           timestamptz not null,
  primary key (workspace_id, movement_no)
);
create index movement_of_item on inventory.movement (workspace_id, shop_id, sku, movement_no desc);
create index movement_by_time on inventory.movement using brin (at);

-- What became of the units of an order: held until it is paid, sold, or released again.
create table inventory.order_line (
  workspace_id text not null,
  shop_id      text not null,
  order_id     text not null,
  sku          text not null,
  units        integer not null,
  state        text not null check (state in ('held', 'sold', 'released')),
  placed_at    timestamptz not null,
  paid_at      timestamptz,
  primary key (workspace_id, shop_id, order_id, sku)
);
create index order_line_recent on inventory.order_line (workspace_id, shop_id, sku, placed_at desc);

-- Units wanted by day (days since 1970 in Shanghai time): all that a forecast reads.
create table inventory.demand (
  workspace_id text not null,
  shop_id      text not null,
  sku          text not null,
  day          integer not null,
  units        integer not null check (units >= 0),
  primary key (workspace_id, shop_id, sku, day)
);

-- An episode of a warning, from its beginning to its end.
create table inventory.warning (
  workspace_id text not null,
  warning_id   text not null,
  shop_id      text not null,
  sku          text not null,
  kind         text not null check (kind in ('stock-out-ahead', 'dead-stock', 'demand-spike')),
  detail       jsonb not null,
  opened_at    timestamptz not null,
  closed_at    timestamptz,
  mailed_at    timestamptz,
  primary key (workspace_id, warning_id)
);
create unique index warning_open on inventory.warning (workspace_id, shop_id, sku, kind) where closed_at is null;
create index warning_unmailed on inventory.warning (workspace_id) where mailed_at is null and closed_at is null;

-- Warnings that a person does not want to see until a day.
create table inventory.silence (
  workspace_id text not null,
  shop_id      text not null,
  sku          text not null,
  kind         text not null,
  until_at     timestamptz not null,
  by           text not null,
  primary key (workspace_id, shop_id, sku, kind)
);

-- A workspace's own wishes.
create table inventory.wishes (
  workspace_id  text primary key,
  service_level real,
  lead_days     integer,
  recipients    text[] not null default '{}',
  mails_warnings boolean not null default true,
  mails_report  boolean not null default true
);

-- Weekly reports as they were made: shown again, they are the same.
create table inventory.report (
  workspace_id text not null,
  week         date not null,
  body         jsonb not null,
  made_at      timestamptz not null,
  mailed_at    timestamptz,
  primary key (workspace_id, week)
);
