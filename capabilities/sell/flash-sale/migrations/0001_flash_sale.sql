create schema flash_sale;

-- One row per sale. `position` is how far the intents of a Redis sale have been booked here ('' when there are none).
-- The row's lock puts all that happens to a sale into one order.
create table flash_sale.sale (
  sale_id         text primary key,
  workspace_id    text not null,
  name            text not null,
  opens_at        timestamptz not null,
  closes_at       timestamptz not null,
  hold_seconds    integer not null,
  limit_per_buyer integer,
  status          text not null default 'on' check (status in ('on', 'paused', 'closed')),
  rehearsal       jsonb,
  position        text not null default '',
  created_at      timestamptz not null default now()
);
create index sale_of_workspace on flash_sale.sale (workspace_id, sale_id desc);

-- The ledger of each SKU. The checks are the promise: a unit is free, held or sold, and there are no others.
create table flash_sale.sku (
  sale_id         text not null,
  sku             text not null,
  workspace_id    text not null,
  nth             smallint not null,
  title           text not null,
  price_fen       bigint not null,
  limit_per_buyer integer,
  stock           integer not null,
  free            integer not null check (free >= 0),
  held            integer not null default 0 check (held >= 0),
  sold            integer not null default 0 check (sold >= 0),
  primary key (sale_id, sku),
  check (stock = free + held + sold)
) with (fillfactor = 50);

-- Every attempt that was decided, under the id that the buyer's side gave it. A reservation is an attempt that was
-- answered 'reserved'; `state` is what became of it.
create table flash_sale.attempt (
  attempt_id      text not null,
  sale_id         text not null,
  workspace_id    text not null,
  buyer_id        text not null,
  answer          text not null check (answer in ('reserved', 'sold-out', 'limit-reached')),
  refused_sku     text,
  items           text not null,
  state           text check (state in ('held', 'sold', 'released')),
  decided_at      timestamptz not null,
  expires_at      timestamptz,
  settled_at      timestamptz,
  reason          text,
  primary key (attempt_id, sale_id)
);
create index attempt_due on flash_sale.attempt (expires_at) where state = 'held';
create index attempt_of_buyer on flash_sale.attempt (sale_id, buyer_id) where state is not null;

-- What the auditor found, newest last; closed when the books were right again.
create table flash_sale.alarm (
  alarm_id        text primary key,
  workspace_id    text not null,
  sale_id         text not null,
  sku             text not null,
  place           text not null,
  expected        integer not null,
  found           integer not null,
  detail          text not null default '',
  raised_at       timestamptz not null default now(),
  closed_at       timestamptz
);
create unique index alarm_open on flash_sale.alarm (sale_id, sku, place) where closed_at is null;
