-- A database as the first version of the gateway made it, with a session that was paired.
create table session (
	id integer primary key,
	owner text not null,
	session_id text not null,
	name text not null,
	expected_number text,
	send_to_frappe integer not null,
	webhook_url text,
	webhook_secret text,
	webhook_events text not null,
	wanted integer not null default 0,
	number text,
	jid text,
	profile_name text,
	creds text,
	disconnect_code integer,
	disconnect_reason text,
	last_activity integer,
	created_at integer not null,
	updated_at integer not null,
	leaving_since integer
) strict;
create unique index session_name on session (owner, session_id) where leaving_since is null;
create table signal_key (
	session integer not null references session (id) on delete cascade,
	type text not null,
	id text not null,
	value text not null,
	primary key (session, type, id)
) strict, without rowid;
create table delivery (
	id integer primary key autoincrement,
	session integer not null,
	session_id text not null,
	event text not null,
	url text not null,
	secret text,
	body text not null,
	attempts integer not null default 0,
	due_at integer not null,
	dies_at integer not null
) strict;
create index delivery_of_session on delivery (session, id);
create table setting (name text primary key, value text not null) strict, without rowid;
insert into session (id, owner, session_id, name, send_to_frappe, webhook_events, creds, created_at, updated_at)
	values (7, 'default', 'ventas_1', 'Ventas', 0, '[]', 'the pairing', 1764000000000, 1764000000000);
pragma user_version = 1;
