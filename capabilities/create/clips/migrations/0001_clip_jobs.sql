-- Jobs of clips, their clips as a queue with leases, and what has been made.

create schema clips;

create table clips.job (
  workspace_id text not null,
  job_id       text not null,
  name         text not null,
  -- Of the job as it was asked for: the same one is not begun twice while it is unfinished.
  digest       text not null,
  text         text not null,
  folder       text not null,
  created_by   text not null,
  created_at   timestamptz not null,
  primary key (workspace_id, job_id)
);
create index job_by_digest on clips.job (workspace_id, digest);

create table clips.clip (
  workspace_id  text not null,
  job_id        text not null,
  position      integer not null,
  name          text not null,
  state         text not null default 'waiting',
  spec          jsonb not null,
  plan          jsonb not null,
  -- Seconds of the result; planned at first, real when it is done.
  seconds       double precision not null,
  step          text,
  share         double precision not null default 0,
  speed         double precision,
  attempts      integer not null default 0,
  -- Grows with every taking and every order of a person: whoever carries an older one has lost the clip.
  fence         bigint not null default 0,
  worker        text,
  lease_until   timestamptz,
  not_before    timestamptz,
  started_at    timestamptz,
  ended_at      timestamptz,
  failure       jsonb,
  result        jsonb,
  primary key (workspace_id, job_id, position)
);
create index clip_in_line on clips.clip (job_id, position) where state = 'waiting';
create index clip_at_work on clips.clip (lease_until) where state = 'running';
create index clip_ended on clips.clip (workspace_id, ended_at desc) where ended_at is not null;

-- Results by what they were made of: asked for again, they are not made again as long as the file is there unchanged.
create table clips.made (
  workspace_id text not null,
  key          text not null,
  path         text not null,
  made         jsonb not null,
  made_at      timestamptz not null,
  primary key (workspace_id, key, path)
);
create index made_oldest on clips.made (made_at);
