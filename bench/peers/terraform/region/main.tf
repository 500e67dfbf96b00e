terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "project" {
  type    = string
  default = "TapStack"
}

variable "environment" {
  type    = string
  default = "production"
}

variable "owner" {
  type    = string
  default = "platform"
}

variable "boot_script" { type = string }
variable "scaling_role" { type = string }

variable "replica_source_arn" {
  description = "The primary's ARN; null in the primary's own region."
  type        = string
  default     = null
}

data "aws_region" "this" {}
data "aws_caller_identity" "this" {}
data "aws_vpc" "default" { default = true }
data "aws_subnets" "default" {
  filter {
    name   = "vpc-id"
    values = [data.aws_vpc.default.id]
  }
}
data "aws_subnet" "each" {
  for_each = toset(data.aws_subnets.default.ids)
  id       = each.key
}
data "aws_route_tables" "default" { vpc_id = data.aws_vpc.default.id }
data "aws_ec2_managed_prefix_list" "gateway" {
  for_each = local.gateways
  name     = "com.amazonaws.${local.region}.${each.key}"
}
data "aws_ssm_parameter" "image" {
  name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
}

locals {
  region   = data.aws_region.this.name
  account  = data.aws_caller_identity.this.account_id
  name     = "${var.project}-${var.environment}-${local.region}"
  gateways = toset(["s3", "dynamodb"])

  # one subnet in each of the first three zones
  by_zone = { for subnet in data.aws_subnet.each : subnet.availability_zone => subnet.id }
  subnets = [for zone in slice(sort(keys(local.by_zone)), 0, 3) : local.by_zone[zone]]

  common_tags = {
    Environment    = var.environment
    Project        = var.project
    Owner          = var.owner
    "tapctl:stack" = "${var.project}/${var.environment}"
  }
  # by the thing's key in its region; what comes after its kind ends the Name
  tags = { for key in [
    "kms_key", "bucket/logs", "bucket/alb-logs", "log_group", "role", "instance_profile", "security_group/alb",
    "security_group/app", "security_group/rds", "security_group/endpoints", "endpoint/s3", "endpoint/dynamodb",
    "endpoint/logs", "load_balancer", "target_group", "listener/http", "launch_template", "auto_scaling_group",
    "db_subnet_group", "secret/database", "database", "table", "alarm/database-storage", "alarm/replica-lag",
    "alarm/unhealthy-targets", "alarm/target-5xx", "alarm/load-balancer-5xx",
    ] : key => merge(local.common_tags, {
      Name         = join("-", concat([local.name], slice(split("/", key), 1, length(split("/", key)))))
      "tapctl:key" = "${local.region}/${key}"
  }) }
  launch_tags = { for name, value in local.tags["launch_template"] : name => value if name != "tapctl:key" }
}
