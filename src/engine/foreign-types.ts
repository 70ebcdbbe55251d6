/** Plugin types of the Packer world that kiln does not provide, so that they are not taken for spelling mistakes. */
export const FOREIGN_TYPES: Readonly<Record<'builder' | 'provisioner' | 'post-processor', ReadonlySet<string>>> = {
  builder: new Set(
    `alicloud-ecs anka-vm-clone anka-vm-create azure-arm azure-chroot azure-dtl cloudstack digitalocean docker external
    googlecompute hcloud hyperone hyperv-iso hyperv-vmcx jdcloud kamatera libvirt linode lxc lxd ncloud nutanix oneandone
    openstack oracle-classic oracle-oci osc-bsu osc-bsusurrogate osc-bsuvolume osc-chroot parallels-ipsw parallels-iso
    parallels-pvm profitbricks proxmox proxmox-clone proxmox-iso qemu scaleway tart-cli tencentcloud-cvm triton ucloud-uhost
    utm-iso vagrant virtualbox virtualbox-iso virtualbox-ovf virtualbox-vm vmware vmware-iso vmware-vmx vsphere-clone
    vsphere-iso vultr yandex arm arm-image amazon-ebs-volume`.split(/\s+/),
  ),
  provisioner: new Set(
    'converge goss inspec itamae habitat serverspec testinfra windows-update comment-provisioner'.split(' '),
  ),
  'post-processor': new Set(
    `alicloud-import atlas azure-chroot digitalocean-import docker-import docker-push docker-save docker-tag exoscale-import
    googlecompute-export googlecompute-import generator ucloud-import vsphere vsphere-template yandex-export yandex-import ovftool
    vagrant-registry vagrant-s3 lxd-import`.split(/\s+/),
  ),
};
