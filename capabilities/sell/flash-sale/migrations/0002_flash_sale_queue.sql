-- Every answer is remembered, also "not open" and "closed"; how many of those is bounded by `off_hours`.
alter table flash_sale.sale add column off_hours integer not null default 0;
alter table flash_sale.attempt drop constraint attempt_answer_check;
alter table flash_sale.attempt add constraint attempt_answer_check
  check (answer in ('reserved', 'sold-out', 'limit-reached', 'not-open', 'closed'));

-- Over how many shards of a store the units of a SKU are spread.
alter table flash_sale.sku add column shards smallint not null default 1 check (shards between 1 and 64);

-- Unpaid holds of one sale in the order in which they end, for the sweep and for people who look.
drop index flash_sale.attempt_due;
create index attempt_due on flash_sale.attempt (sale_id, expires_at, attempt_id) where state = 'held';
-- All that one buyer tried, refusals included.
drop index flash_sale.attempt_of_buyer;
create index attempt_of_buyer on flash_sale.attempt (sale_id, buyer_id);

-- Admission: turns a second, and the seconds for which the token of a turn is good; null for no queue.
alter table flash_sale.sale add column turns_per_second double precision;
alter table flash_sale.sale add column token_seconds integer;

-- The line of a sale. Its row's lock gives out numbers and turns; `last_turn` is when the last of them has its turn.
create table flash_sale.line (
  sale_id         text primary key,
  workspace_id    text not null,
  last_number     integer not null default 0,
  last_turn       timestamptz
);

-- One ticket for each buyer of a sale. The number says who came first; the turn follows from it and never goes back.
create table flash_sale.ticket (
  sale_id         text not null,
  buyer_id        text not null,
  workspace_id    text not null,
  number          integer not null,
  turn_at         timestamptz not null,
  issued_at       timestamptz not null default now(),
  primary key (sale_id, buyer_id)
);

-- What a sale was at each second: units, written by one worker; answers and their times, added up by every process.
create table flash_sale.second (
  sale_id         text not null,
  at              timestamptz not null,
  workspace_id    text not null,
  free            integer,
  held            integer,
  sold            integer,
  answers         jsonb not null default '{}',
  p50_ms          real,
  p99_ms          real,
  p999_ms         real,
  primary key (sale_id, at)
);
create index second_by_age on flash_sale.second (at);
