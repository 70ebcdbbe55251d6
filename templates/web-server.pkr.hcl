# The same image as web-server.json.
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

variable "instance_type" {
  type    = string
  default = "t3.micro"
}

variable "version" {
  type        = string
  description = "Version of the site."
}

variable "site_title" {
  type    = string
  default = "Hello"
}

variable "admin_token" {
  type      = string
  default   = ""
  sensitive = true
}

locals {
  timestamp = regex_replace(timestamp(), "[- TZ:]", "")
}

source "amazon-ebs" "web" {
  region        = var.region
  instance_type = var.instance_type
  source_ami_filter {
    filters = {
      name                = "ubuntu/images/hvm-ssd*/ubuntu-noble-24.04-amd64-server-*"
      root-device-type    = "ebs"
      virtualization-type = "hvm"
    }
    owners      = ["099720109477"]
    most_recent = true
  }
  ssh_username                              = "ubuntu"
  temporary_security_group_source_public_ip = true
  ami_name                                  = "web-server-${var.version}-${local.timestamp}"
  ami_description                           = "Web server ${var.version} on {{ .SourceAMIName }}"
  tags = {
    Name    = "web-server"
    Version = var.version
    Base    = "{{ .SourceAMI }}"
  }
}

build {
  description = "A small web server: site content, a service user and a hardened systemd unit. Needs no packages."
  sources     = ["source.amazon-ebs.web"]

  provisioner "file" {
    source      = "${path.root}/web-server/site"
    destination = "/tmp"
  }

  provisioner "shell" {
    script = "${path.root}/web-server/setup.sh"
    environment_vars = [
      "SITE_TITLE=${var.site_title}",
      "SITE_VERSION=${var.version}",
      "ADMIN_TOKEN=${var.admin_token}",
    ]
    execute_command = "chmod +x {{ .Path }}; {{ .Vars }} sudo -E sh '{{ .Path }}'"
  }

  provisioner "shell" {
    inline = [
      "test -s /srv/web/index.html",
      "echo \"Site files: $(ls /srv/web | wc -l)\"",
    ]
  }

  post-processor "manifest" {
    output      = "manifest.json"
    strip_path  = true
    custom_data = { version = var.version }
  }
}
