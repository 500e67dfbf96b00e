# The stack as a Terraform root: a module for each region, the second with the first one's database as its source.
# The endpoint comes from AWS_ENDPOINT_URL, the credentials from the environment.
terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}

variable "boot_scripts" {
  description = "Folder with the instances' start-up script of each region, REGION.sh."
  type        = string
}

provider "aws" {
  alias                       = "use1"
  region                      = "us-east-1"
  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true
}

provider "aws" {
  alias                       = "usw2"
  region                      = "us-west-2"
  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true
}

# The account's: one for all regions, and there before a key's policy names one.
resource "aws_iam_service_linked_role" "this" {
  provider         = aws.use1
  for_each         = toset(["autoscaling", "elasticloadbalancing", "rds"])
  aws_service_name = "${each.key}.amazonaws.com"
}

module "use1" {
  source       = "./region"
  providers    = { aws = aws.use1 }
  boot_script  = "${var.boot_scripts}/us-east-1.sh"
  scaling_role = aws_iam_service_linked_role.this["autoscaling"].arn
}

module "usw2" {
  source             = "./region"
  providers          = { aws = aws.usw2 }
  boot_script        = "${var.boot_scripts}/us-west-2.sh"
  scaling_role       = aws_iam_service_linked_role.this["autoscaling"].arn
  replica_source_arn = module.use1.database_arn
}

output "load_balancer" { value = { use1 = module.use1.load_balancer_dns, usw2 = module.usw2.load_balancer_dns } }
output "database" { value = { use1 = module.use1.database_arn, usw2 = module.usw2.database_arn } }
