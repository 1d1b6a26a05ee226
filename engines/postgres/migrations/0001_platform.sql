-- What the platform itself keeps: facts, leases, paused queues, progress of jobs, the audit trail.

create schema fact_log;

-- Facts told inside a transaction wait here until the relay carries them to the stream, in the order in which they
-- became visible: two transactions that touch one row after the other are always carried in that order.
create table fact_log.outbox (
  seq          bigint generated always as identity primary key,
  relay_no     bigint,
  workspace_id text not null,
  name         text not null,
  version      smallint not null,
  key          text not null,
  data         jsonb not null,
  at           timestamptz not null
);
create index outbox_unsent on fact_log.outbox (seq) where relay_no is null;
create sequence fact_log.relay_no;

-- The embedded stream. Positions are taken from the one row of `head`, whose lock is held until the commit: they
-- become visible in their own order, and no reader can step over a fact that is still being committed.
create table fact_log.head (
  workspace_id text not null default 'house',
  position     bigint not null
) with (fillfactor = 10);
insert into fact_log.head (position) values (0);

create table fact_log.fact (
  part         smallint not null,
  position     bigint not null,
  workspace_id text not null,
  name         text not null,
  version      smallint not null,
  key          text not null,
  data         jsonb not null,
  at           timestamptz not null,
  told_at      timestamptz not null,
  relay_no     bigint,
  primary key (part, position)
);
create index fact_told_at on fact_log.fact using brin (told_at);

-- Where each group stands, whatever engine the stream lives in. Moved in the transaction of the effect.
create table fact_log.cursor (
  workspace_id text not null default 'house',
  "group"      text not null,
  part         smallint not null,
  position     text not null,
  relay_no     bigint not null default 0,
  moved_at     timestamptz not null default now(),
  primary key ("group", part)
);

create table fact_log.dead_letter (
  id           text primary key,
  workspace_id text not null,
  "group"      text not null,
  fact         jsonb not null,
  code         text not null,
  message      text not null,
  attempts     integer not null default 1,
  first_at     timestamptz not null default now(),
  last_at      timestamptz not null default now(),
  retry        boolean not null default false
);
create index dead_letter_of_workspace on fact_log.dead_letter (workspace_id, id);
create index dead_letter_to_retry on fact_log.dead_letter ("group") where retry;

create schema platform;

create table platform.lease (
  workspace_id text not null default 'house',
  name         text primary key,
  holder       text not null,
  fence        bigint not null default 1,
  expires_at   timestamptz not null
);

create table platform.queue (
  workspace_id text not null default 'house',
  name         text primary key,
  paused       boolean not null default false
);

create table platform.job_progress (
  workspace_id text not null default 'house',
  job_id       text primary key,
  done         bigint not null,
  total        bigint,
  note         text,
  started_by   text,
  updated_at   timestamptz not null default now()
);

create table platform.audit (
  id           text primary key,
  workspace_id text not null,
  at           timestamptz not null default now(),
  actor        text not null,
  action       text not null,
  subject      text not null,
  room         text not null,
  detail       jsonb not null default '{}'
);
create index audit_of_workspace on platform.audit (workspace_id, id desc);

create table platform.config (
  workspace_id text not null default 'house',
  key          text primary key,
  value        text not null
);
