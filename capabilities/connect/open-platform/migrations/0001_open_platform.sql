create schema open_platform;

-- One row per account that a workspace has connected. `fence` grows with every claim to refresh; `token_fence` is the
-- claim whose tokens are stored: tokens of an older claim never replace those of a newer one.
create table open_platform.account (
  account_id         text primary key,
  workspace_id       text not null,
  open_id            text not null,
  nickname           text not null default '',
  avatar_url         text not null default '',
  scopes             text[] not null default '{}',
  status             text not null check (status in ('active', 'retrying', 'reauthorise', 'revoked', 'banned', 'disconnected')),
  access_token       text,
  refresh_token      text,
  access_expires_at  timestamptz,
  refresh_expires_at timestamptz,
  renewals           smallint not null default 0,
  renewable          boolean not null default true,
  fence              bigint not null default 0,
  token_fence        bigint not null default 0,
  claimed_until      timestamptz,
  attempts           integer not null default 0,
  next_attempt_at    timestamptz,
  authorised_at      timestamptz not null,
  consent_at         timestamptz,
  last_event_kind    text,
  last_event_at      timestamptz,
  last_event_detail  text
);
create unique index account_open_id on open_platform.account (open_id) where status <> 'disconnected';
create index account_of_workspace on open_platform.account (workspace_id, account_id);

-- The app's own token: one for the whole cluster, because asking for a new one ends the old one.
create table open_platform.app_token (
  client_key      text primary key,
  workspace_id    text not null default 'house',
  access_token    text,
  expires_at      timestamptz,
  fence           bigint not null default 0,
  token_fence     bigint not null default 0,
  claimed_until   timestamptz,
  attempts        integer not null default 0,
  next_attempt_at timestamptz
);

-- A consent under way: single use, ten minutes. Only the hash of the state is kept.
create table open_platform.authorisation (
  state_hash   text primary key,
  workspace_id text not null,
  actor        text not null,
  expires_at   timestamptz not null
);

-- What happened to tokens, never updated. `account_id` is null for the app's own token.
create table open_platform.token_event (
  id           bigint generated always as identity primary key,
  workspace_id text not null,
  account_id   text,
  kind         text not null,
  at           timestamptz not null,
  code         integer,
  log_id       text,
  detail       text not null default ''
);
create index token_event_of_account on open_platform.token_event (account_id, id desc);
create index token_event_lately on open_platform.token_event (workspace_id, at);

-- The inbox: written before the 200, worked on after it. Belongs to the house until the worker knows the account.
create table open_platform.webhook (
  id           bigint generated always as identity,
  workspace_id text not null default 'house',
  client_key   text not null,
  msg_id       text not null,
  -- Read from the body when it takes effect.
  event        text not null default '',
  from_user_id text not null default '',
  to_user_id   text not null default '',
  body         text not null,
  received_at  timestamptz not null default now(),
  duplicates   integer not null default 0,
  state        text not null default 'received' check (state in ('received', 'done', 'failed')),
  account_id   text,
  reason       text,
  processed_at timestamptz,
  -- The id first: it alone tells nearly all keys apart.
  primary key (msg_id, client_key)
);
-- An arrival touches two indexes; the second one loses it again when it is worked on, the third gets it then.
create index webhook_waiting on open_platform.webhook (id) where state = 'received';
create index webhook_of_workspace on open_platform.webhook (workspace_id, id desc) where workspace_id <> 'house';
create index webhook_received_at on open_platform.webhook using brin (received_at);

-- Webhooks with a wrong signature: the last thousand, and a count by hour of all of them.
create table open_platform.rejected (
  id           bigint generated always as identity primary key,
  workspace_id text not null default 'house',
  at           timestamptz not null,
  reason       text not null,
  signature    text not null,
  msg_id       text not null,
  remote       text not null,
  body_head    text not null
);
create table open_platform.rejected_hour (
  hour         timestamptz primary key,
  workspace_id text not null default 'house',
  rejected     bigint not null
);

-- Free quota is counted per scope and day by the platform and restored at 08:00 Shanghai, which is midnight UTC.
create table open_platform.quota (
  family          text not null,
  day             date not null,
  workspace_id    text not null default 'house',
  used            bigint not null default 0,
  remaining       bigint,
  highest         bigint,
  exhausted_until timestamptz,
  warned          boolean not null default false,
  updated_at      timestamptz not null default now(),
  primary key (family, day)
);

-- Token buckets. Lost in a crash on purpose: a bucket that starts full again is harmless, and this is cheap.
create unlogged table open_platform.bucket (
  bucket        text primary key,
  workspace_id  text not null default 'house',
  tokens        double precision not null,
  filled_at     timestamptz not null,
  blocked_until timestamptz,
  strikes       integer not null default 0,
  struck_at     timestamptz
) with (fillfactor = 50);

-- Takes up to `want` permits, in the time of this server. `spare` permits are left for lanes that go first.
create function open_platform.take_permits(
  the_bucket text, rate double precision, burst double precision, want integer, spare double precision,
  out granted integer, out wait_ms integer
) language plpgsql as $$
declare
  row_now open_platform.bucket;
  at timestamptz;
  level double precision;
begin
  insert into open_platform.bucket (bucket, tokens, filled_at) values (the_bucket, burst, clock_timestamp())
    on conflict do nothing;
  select * into row_now from open_platform.bucket where bucket = the_bucket for update;
  at := clock_timestamp();
  if row_now.blocked_until > at then
    granted := 0;
    wait_ms := ceil(extract(epoch from row_now.blocked_until - at) * 1000);
    return;
  end if;
  level := least(burst, row_now.tokens + greatest(0, extract(epoch from at - row_now.filled_at)) * rate);
  granted := least(want, greatest(0, floor(level - spare)));
  wait_ms := case when granted > 0 then 0 else ceil((spare + 1 - level) / rate * 1000) end;
  update open_platform.bucket set tokens = level - granted, filled_at = at where bucket = the_bucket;
end $$;
