# The same image as hardened-base.json.
packer {
  required_version = ">= 1.6.0"
  required_plugins {
    amazon = {
      source  = "github.com/hashicorp/amazon"
      version = ">= 1.0.0"
    }
  }
}

variable "region" {
  type    = string
  default = "us-east-1"
}

variable "operator" {
  type    = string
  default = "operator"
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]*$", var.operator))
    error_message = "The operator is the name of a Unix account: lower case letters, digits and dashes."
  }
}

source "amazon-ebs" "base" {
  region        = var.region
  instance_type = "t3.micro"
  source_ami_filter {
    filters = {
      name                = "debian-12-amd64-*"
      root-device-type    = "ebs"
      virtualization-type = "hvm"
    }
    owners      = ["136693071363"]
    most_recent = true
  }
  ssh_username                              = "admin"
  temporary_security_group_source_public_ip = true
  ami_name                                  = "hardened-base-${formatdate("YYYYMMDDhhmmss", timestamp())}"
  encrypt_boot                              = true
  imds_support                              = "v2.0"
  tags = {
    Name = "hardened-base"
    Base = "{{ .SourceAMIName }}"
  }
}

build {
  description = "A hardened base image: an operator's account, a narrow sshd, kernel settings. Needs no packages."
  sources     = ["source.amazon-ebs.base"]

  provisioner "shell" {
    script           = "${path.root}/hardened-base/harden.sh"
    environment_vars = ["OPERATOR=${var.operator}"]
    execute_command  = "chmod +x {{ .Path }}; {{ .Vars }} sudo -E sh '{{ .Path }}'"
  }

  provisioner "shell" {
    inline = [
      "id ${var.operator}",
      "sudo test -s /etc/ssh/sshd_config.d/50-hardened.conf",
    ]
    max_retries = 1
  }

  post-processor "manifest" {
    output = "hardened-base-manifest.json"
  }
}
