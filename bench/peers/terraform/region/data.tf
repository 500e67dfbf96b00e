locals {
  replica = local.region != "us-east-1"
}

resource "aws_db_subnet_group" "main" {
  name        = lower(local.name)
  description = local.name
  subnet_ids  = local.subnets
  tags        = local.tags["db_subnet_group"]
}

# ---------------------------------------------------------------- the password, never in the state
ephemeral "aws_secretsmanager_random_password" "database" {
  count               = local.replica ? 0 : 1
  password_length     = 32
  exclude_punctuation = true
}

resource "aws_secretsmanager_secret" "database" {
  count                   = local.replica ? 0 : 1
  name                    = "${local.name}-database"
  description             = "Master user of the database of this stack"
  kms_key_id              = aws_kms_key.main.arn
  recovery_window_in_days = 0
  tags                    = local.tags["secret/database"]
}

resource "aws_secretsmanager_secret_version" "database" {
  count                    = local.replica ? 0 : 1
  secret_id                = aws_secretsmanager_secret.database[0].id
  secret_string_wo_version = 1
  secret_string_wo = jsonencode({
    username = "tapadmin"
    password = ephemeral.aws_secretsmanager_random_password.database[0].random_password
  })
}

# ---------------------------------------------------------------- databases
resource "aws_db_instance" "primary" {
  count                      = local.replica ? 0 : 1
  identifier                 = lower(local.name)
  engine                     = "postgres"
  engine_version             = "17"
  engine_lifecycle_support   = "open-source-rds-extended-support-disabled"
  instance_class             = "db.t3.small"
  allocated_storage          = 20
  storage_type               = "gp3"
  storage_encrypted          = true
  kms_key_id                 = aws_kms_key.main.arn
  multi_az                   = true
  publicly_accessible        = false
  db_name                    = "tapstack"
  username                   = "tapadmin"
  password_wo                = ephemeral.aws_secretsmanager_random_password.database[0].random_password
  password_wo_version        = 1
  parameter_group_name       = "default.postgres17"
  db_subnet_group_name       = aws_db_subnet_group.main.name
  vpc_security_group_ids     = [aws_security_group.this["rds"].id]
  backup_retention_period    = 7
  copy_tags_to_snapshot      = true
  auto_minor_version_upgrade = true
  deletion_protection        = false
  delete_automated_backups   = true
  skip_final_snapshot        = true
  apply_immediately          = true
  tags = merge(local.tags["database"], {
    "tapctl:password" = aws_secretsmanager_secret_version.database[0].version_id
  })
}

resource "aws_db_instance" "replica" {
  count                      = local.replica ? 1 : 0
  identifier                 = lower(local.name)
  replicate_source_db        = var.replica_source_arn
  instance_class             = "db.t3.small"
  storage_encrypted          = true
  kms_key_id                 = aws_kms_key.main.arn
  multi_az                   = false
  publicly_accessible        = false
  db_subnet_group_name       = aws_db_subnet_group.main.name
  vpc_security_group_ids     = [aws_security_group.this["rds"].id]
  backup_retention_period    = 7
  copy_tags_to_snapshot      = true
  auto_minor_version_upgrade = true
  deletion_protection        = false
  delete_automated_backups   = true
  skip_final_snapshot        = true
  apply_immediately          = true
  tags                       = local.tags["database"]
}

resource "aws_dynamodb_table" "main" {
  name         = local.name
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "pk"
  tags         = local.tags["table"]
  attribute {
    name = "pk"
    type = "S"
  }
  point_in_time_recovery { enabled = true }
  server_side_encryption {
    enabled     = true
    kms_key_arn = aws_kms_key.main.arn
  }
}

output "database_arn" { value = local.replica ? aws_db_instance.replica[0].arn : aws_db_instance.primary[0].arn }
output "load_balancer_dns" { value = aws_lb.main.dns_name }
