# The same image and box as vagrant-box.json.
packer {
  required_plugins {
    amazon = {
      source  = "github.com/hashicorp/amazon"
      version = ">= 1.0.0"
    }
    vagrant = {
      source  = "github.com/hashicorp/vagrant"
      version = ">= 1.0.0"
    }
  }
}

variable "region" {
  type    = string
  default = "us-east-1"
}

variable "box" {
  type    = string
  default = "development.box"
}

# Found before the build begins, and so the same one for every source that uses it.
data "amazon-ami" "ubuntu" {
  region = var.region
  filters = {
    name                = "ubuntu/images/hvm-ssd*/ubuntu-noble-24.04-amd64-server-*"
    root-device-type    = "ebs"
    virtualization-type = "hvm"
  }
  owners      = ["099720109477"]
  most_recent = true
}

source "amazon-ebs" "development" {
  region                                    = var.region
  instance_type                             = "t3.micro"
  source_ami                                = data.amazon-ami.ubuntu.id
  ssh_username                              = "ubuntu"
  temporary_security_group_source_public_ip = true
  ami_name                                  = "development-${formatdate("YYYYMMDDhhmmss", timestamp())}"
}

build {
  description = "An image, and a Vagrant box that starts it."
  sources     = ["source.amazon-ebs.development"]

  provisioner "shell" {
    inline = [
      "mkdir -p ~/bin",
      "printf '#!/bin/sh\\nexec git status \"$@\"\\n' > ~/bin/gs",
      "chmod 755 ~/bin/gs",
    ]
  }

  post-processors {
    post-processor "vagrant" {
      output            = var.box
      compression_level = 9
    }

    post-processor "compress" {
      output = "${var.box}.zip"
    }
  }
}
