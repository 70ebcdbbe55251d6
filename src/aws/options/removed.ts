const FIX = '`kiln fix` rewrites it';

/** Keys that Packer once knew, and what stands in their place. */
export const removedOptions: Readonly<Record<string, string>> = {
  shutdown_behaviour: `it is spelled shutdown_behavior now; ${FIX}`,
  enhanced_networking: `ena_support took its place; ${FIX}`,
  ssh_private_ip: `ssh_interface took its place; ${FIX}`,
  temporary_security_group_source_cidr: `temporary_security_group_source_cidrs took its place; ${FIX}`,
  clean_ami_name: `clean_resource_name took its place; ${FIX}`,
  ssh_key_path: `ssh_private_key_file took its place; ${FIX}`,
  ssh_disable_agent: `ssh_disable_agent_forwarding took its place; ${FIX}`,
  ssh_host_port_min: `host_port_min took its place; ${FIX}`,
  ssh_host_port_max: `host_port_max took its place; ${FIX}`,
  ssh_skip_nat_mapping: `skip_nat_mapping took its place; ${FIX}`,
  iso_md5: `iso_checksum took its place; ${FIX}`,
  iso_checksum_url: `iso_checksum took its place; ${FIX}`,
  iso_checksum_type: `iso_checksum took its place; ${FIX}`,
};
