# ---------------------------------------------------------------- security groups
resource "aws_security_group" "this" {
  for_each    = toset(["alb", "app", "rds", "endpoints"])
  name        = "${local.name}-${each.key}"
  description = "${local.name}-${each.key}"
  vpc_id      = data.aws_vpc.default.id
  tags        = local.tags["security_group/${each.key}"]
}

locals {
  # group -> port -> peer
  ingress = {
    alb_http      = { group = "alb", port = 80 }
    alb_https     = { group = "alb", port = 443 }
    app_alb       = { group = "app", port = 8080, peer = "alb" }
    rds_app       = { group = "rds", port = 5432, peer = "app" }
    endpoints_app = { group = "endpoints", port = 443, peer = "app" }
  }
  egress = {
    alb_app       = { group = "alb", port = 8080, peer = "app" }
    app_rds       = { group = "app", port = 5432, peer = "rds" }
    app_endpoints = { group = "app", port = 443, peer = "endpoints" }
  }
}

resource "aws_vpc_security_group_ingress_rule" "this" {
  for_each                     = local.ingress
  security_group_id            = aws_security_group.this[each.value.group].id
  referenced_security_group_id = try(aws_security_group.this[each.value.peer].id, null)
  cidr_ipv4                    = can(each.value.peer) ? null : "0.0.0.0/0"
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_vpc_security_group_egress_rule" "this" {
  for_each                     = local.egress
  security_group_id            = aws_security_group.this[each.value.group].id
  referenced_security_group_id = aws_security_group.this[each.value.peer].id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_vpc_security_group_egress_rule" "gateway" {
  for_each          = local.gateways
  security_group_id = aws_security_group.this["app"].id
  prefix_list_id    = data.aws_ec2_managed_prefix_list.gateway[each.key].id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

# ---------------------------------------------------------------- VPC endpoints
resource "aws_vpc_endpoint" "gateway" {
  for_each          = local.gateways
  vpc_id            = data.aws_vpc.default.id
  service_name      = "com.amazonaws.${local.region}.${each.key}"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = data.aws_route_tables.default.ids
  tags              = local.tags["endpoint/${each.key}"]
}

resource "aws_vpc_endpoint" "logs" {
  vpc_id              = data.aws_vpc.default.id
  service_name        = "com.amazonaws.${local.region}.logs"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  subnet_ids          = local.subnets
  security_group_ids  = [aws_security_group.this["endpoints"].id]
  tags                = local.tags["endpoint/logs"]
}

# ---------------------------------------------------------------- load balancer
resource "aws_lb" "main" {
  name                       = local.name
  load_balancer_type         = "application"
  internal                   = false
  drop_invalid_header_fields = true
  security_groups            = [aws_security_group.this["alb"].id]
  subnets                    = local.subnets
  tags                       = local.tags["load_balancer"]
  access_logs {
    bucket  = aws_s3_bucket.this["alb-logs"].id
    enabled = true
  }
  depends_on = [aws_s3_bucket_policy.this]
}

resource "aws_lb_target_group" "app" {
  name                 = local.name
  port                 = 8080
  protocol             = "HTTP"
  vpc_id               = data.aws_vpc.default.id
  deregistration_delay = 30
  tags                 = local.tags["target_group"]
  health_check {
    path                = "/health"
    interval            = 15
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 2
    matcher             = "200"
  }
}

resource "aws_lb_listener" "http" {
  load_balancer_arn = aws_lb.main.arn
  port              = 80
  protocol          = "HTTP"
  tags              = local.tags["listener/http"]
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.app.arn
  }
}
