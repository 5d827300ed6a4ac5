-- Version 1: the tables of the reported system.

create table domain (
  id integer primary key autoincrement,
  name text not null,
  parent_id integer references domain (id) deferrable initially deferred,
  path text not null,
  unique (path)
) strict;

create table account (
  id integer primary key autoincrement,
  name text not null,
  kind text not null check (kind in ('user', 'root-admin', 'domain-admin', 'resource-domain-admin', 'project')),
  domain_id integer not null references domain (id) deferrable initially deferred,
  state text not null check (state in ('enabled', 'disabled', 'locked')),
  removed integer not null check (removed in (0, 1)),
  unique (domain_id, name)
) strict;

create table project (
  id integer primary key autoincrement,
  name text not null,
  account_id integer not null references account (id) deferrable initially deferred,
  domain_id integer not null references domain (id) deferrable initially deferred,
  unique (name)
) strict;

create table project_member (
  id integer primary key autoincrement,
  project_id integer not null references project (id) deferrable initially deferred,
  account_id integer not null references account (id) deferrable initially deferred,
  unique (project_id, account_id)
) strict;

create table zone (
  id integer primary key autoincrement,
  name text not null,
  kind text not null check (kind in ('basic', 'advanced')),
  security_groups integer not null check (security_groups in (0, 1)),
  physical_network integer not null check (physical_network in (0, 1)),
  unique (name)
) strict;

create table service_offering (
  id integer primary key autoincrement,
  name text not null,
  cpu integer not null,
  memory integer not null,
  host_tag text,
  unique (name)
) strict;

create table template (
  id integer primary key autoincrement,
  name text not null,
  account_id integer not null references account (id) deferrable initially deferred,
  public integer not null check (public in (0, 1)),
  unique (name)
) strict;

create table launch_permission (
  id integer primary key autoincrement,
  template_id integer not null references template (id) deferrable initially deferred,
  account_id integer not null references account (id) deferrable initially deferred,
  unique (template_id, account_id)
) strict;

create table network_offering (
  id integer primary key autoincrement,
  name text not null,
  availability text not null check (availability in ('required', 'optional')),
  enabled integer not null check (enabled in (0, 1)),
  persistent integer not null check (persistent in (0, 1)),
  system_only integer not null check (system_only in (0, 1)),
  security_groups integer not null check (security_groups in (0, 1)),
  unique (name)
) strict;

create table setting (
  id integer primary key autoincrement,
  name text not null check (name in ('resource.count.running.vms.only', 'allow.admin.deploy.anywhere', 'share.public.templates.with.other.domains')),
  enabled integer not null check (enabled in (0, 1)),
  unique (name)
) strict;

create table resource_limit (
  id integer primary key autoincrement,
  account_id integer references account (id) deferrable initially deferred,
  domain_id integer references domain (id) deferrable initially deferred,
  resource text not null check (resource in ('user_vm', 'cpu', 'memory', 'volume', 'primary_storage', 'network')),
  tag text not null,
  max integer not null,
  unique (account_id, resource, tag),
  unique (domain_id, resource, tag)
) strict;

create table vm_instance (
  id integer primary key autoincrement,
  name text not null,
  state text not null check (state in ('Stopped', 'Starting', 'Running', 'Stopping', 'Migrating', 'Destroyed', 'Expunging', 'Error', 'Unknown')),
  account_id integer not null references account (id) deferrable initially deferred,
  domain_id integer not null references domain (id) deferrable initially deferred,
  zone_id integer not null references zone (id) deferrable initially deferred,
  service_offering_id integer not null references service_offering (id) deferrable initially deferred,
  template_id integer references template (id) deferrable initially deferred,
  hypervisor text not null,
  update_count integer not null,
  display integer not null check (display in (0, 1)),
  shared_filesystem integer not null check (shared_filesystem in (0, 1)),
  removed integer not null check (removed in (0, 1)),
  unique (name)
) strict;
create index vm_instance_account_id on vm_instance (account_id);
create index vm_instance_domain_id on vm_instance (domain_id);
create index vm_instance_zone_id on vm_instance (zone_id);
create index vm_instance_service_offering_id on vm_instance (service_offering_id);
create index vm_instance_template_id on vm_instance (template_id);

create table volumes (
  id integer primary key autoincrement,
  name text not null,
  account_id integer not null references account (id) deferrable initially deferred,
  domain_id integer not null references domain (id) deferrable initially deferred,
  instance_id integer references vm_instance (id) deferrable initially deferred,
  size integer not null,
  tag text,
  display integer not null check (display in (0, 1)),
  removed integer not null check (removed in (0, 1)),
  unique (name)
) strict;
create index volumes_account_id on volumes (account_id);
create index volumes_domain_id on volumes (domain_id);
create index volumes_instance_id on volumes (instance_id);

create table networks (
  id integer primary key autoincrement,
  name text not null,
  account_id integer not null references account (id) deferrable initially deferred,
  domain_id integer not null references domain (id) deferrable initially deferred,
  zone_id integer not null references zone (id) deferrable initially deferred,
  network_offering_id integer not null references network_offering (id) deferrable initially deferred,
  guest_type text not null check (guest_type in ('isolated', 'shared', 'l2')),
  acl text not null check (acl in ('account', 'domain')),
  scope_id integer references domain (id) deferrable initially deferred,
  cidr text not null,
  system integer not null check (system in (0, 1)),
  state text not null check (state in ('Allocated', 'Implemented'))
) strict;
create index networks_account_id on networks (account_id);
create index networks_domain_id on networks (domain_id);
create index networks_zone_id on networks (zone_id);
create index networks_network_offering_id on networks (network_offering_id);
create index networks_scope_id on networks (scope_id);

create table op_networks (
  id integer primary key autoincrement,
  network_id integer not null references networks (id) deferrable initially deferred,
  mac_address_seq integer not null,
  unique (network_id)
) strict;

create table network_permission (
  id integer primary key autoincrement,
  network_id integer not null references networks (id) deferrable initially deferred,
  account_id integer not null references account (id) deferrable initially deferred,
  unique (network_id, account_id)
) strict;

create table nics (
  id integer primary key autoincrement,
  instance_id integer not null references vm_instance (id) deferrable initially deferred,
  network_id integer not null references networks (id) deferrable initially deferred,
  ip4 text,
  mac text not null,
  default_nic integer not null check (default_nic in (0, 1)),
  device_id integer not null,
  state text not null check (state in ('Allocated', 'Reserved', 'Deallocated')),
  removed integer not null check (removed in (0, 1))
) strict;
create index nics_instance_id on nics (instance_id);
create index nics_network_id on nics (network_id);

create table user_ip_address (
  id integer primary key autoincrement,
  network_id integer not null references networks (id) deferrable initially deferred,
  address text not null,
  guest integer not null check (guest in (0, 1)),
  account_id integer references account (id) deferrable initially deferred,
  vm_id integer references vm_instance (id) deferrable initially deferred,
  one_to_one_nat integer not null check (one_to_one_nat in (0, 1)),
  state text not null check (state in ('Free', 'Allocated')),
  unique (network_id, address)
) strict;
create index user_ip_address_account_id on user_ip_address (account_id);
create index user_ip_address_vm_id on user_ip_address (vm_id);

create table security_group (
  id integer primary key autoincrement,
  name text not null,
  account_id integer not null references account (id) deferrable initially deferred,
  unique (account_id, name)
) strict;

create table security_group_vm_map (
  id integer primary key autoincrement,
  security_group_id integer not null references security_group (id) deferrable initially deferred,
  instance_id integer not null references vm_instance (id) deferrable initially deferred
) strict;
create index security_group_vm_map_security_group_id on security_group_vm_map (security_group_id);
create index security_group_vm_map_instance_id on security_group_vm_map (instance_id);

create table instance_group (
  id integer primary key autoincrement,
  name text not null,
  account_id integer not null references account (id) deferrable initially deferred,
  unique (account_id, name)
) strict;

create table instance_group_vm_map (
  id integer primary key autoincrement,
  group_id integer not null references instance_group (id) deferrable initially deferred,
  instance_id integer not null references vm_instance (id) deferrable initially deferred
) strict;
create index instance_group_vm_map_group_id on instance_group_vm_map (group_id);
create index instance_group_vm_map_instance_id on instance_group_vm_map (instance_id);

create table resource_count (
  id integer primary key autoincrement,
  account_id integer references account (id) deferrable initially deferred,
  domain_id integer references domain (id) deferrable initially deferred,
  resource text not null check (resource in ('user_vm', 'cpu', 'memory', 'volume', 'primary_storage', 'network')),
  tag text not null,
  count integer not null,
  unique (account_id, resource, tag),
  unique (domain_id, resource, tag)
) strict;

create table resource_reservation (
  id integer primary key autoincrement,
  account_id integer not null references account (id) deferrable initially deferred,
  domain_id integer not null references domain (id) deferrable initially deferred,
  resource text not null check (resource in ('user_vm', 'cpu', 'memory', 'volume', 'primary_storage', 'network')),
  tag text not null,
  amount integer not null
) strict;
create index resource_reservation_account_id on resource_reservation (account_id);
create index resource_reservation_domain_id on resource_reservation (domain_id);

create table usage_event (
  id integer primary key autoincrement,
  kind text not null check (kind in ('VM.CREATE', 'VM.DESTROY', 'VOLUME.CREATE', 'VOLUME.DELETE', 'NET.IPASSIGN', 'NET.IPRELEASE', 'ACCOUNT.DISABLE')),
  account_id integer not null references account (id) deferrable initially deferred,
  resource_id integer not null,
  resource_name text not null,
  size integer not null
) strict;
create index usage_event_account_id on usage_event (account_id);

create table vm_rule (
  id integer primary key autoincrement,
  kind text not null check (kind in ('port-forwarding', 'static-nat', 'load-balancer')),
  instance_id integer not null references vm_instance (id) deferrable initially deferred,
  account_id integer not null references account (id) deferrable initially deferred
) strict;
create index vm_rule_instance_id on vm_rule (instance_id);
create index vm_rule_account_id on vm_rule (account_id);

create table snapshots (
  id integer primary key autoincrement,
  volume_id integer not null references volumes (id) deferrable initially deferred,
  account_id integer not null references account (id) deferrable initially deferred,
  state text not null check (state in ('Creating', 'BackedUp', 'Destroyed', 'Error'))
) strict;
create index snapshots_volume_id on snapshots (volume_id);
create index snapshots_account_id on snapshots (account_id);

create table vm_snapshots (
  id integer primary key autoincrement,
  instance_id integer not null references vm_instance (id) deferrable initially deferred,
  state text not null
) strict;
create index vm_snapshots_instance_id on vm_snapshots (instance_id);

create table snapshot_policy (
  id integer primary key autoincrement,
  volume_id integer not null references volumes (id) deferrable initially deferred,
  account_id integer not null references account (id) deferrable initially deferred,
  domain_id integer not null references domain (id) deferrable initially deferred
) strict;
create index snapshot_policy_volume_id on snapshot_policy (volume_id);
create index snapshot_policy_account_id on snapshot_policy (account_id);
create index snapshot_policy_domain_id on snapshot_policy (domain_id);

create table backup_schedule (
  id integer primary key autoincrement,
  instance_id integer not null references vm_instance (id) deferrable initially deferred,
  account_id integer not null references account (id) deferrable initially deferred,
  domain_id integer not null references domain (id) deferrable initially deferred
) strict;
create index backup_schedule_instance_id on backup_schedule (instance_id);
create index backup_schedule_account_id on backup_schedule (account_id);
create index backup_schedule_domain_id on backup_schedule (domain_id);
