# ---------------------------------------------------------------- instances
resource "aws_launch_template" "app" {
  name                   = local.name
  image_id               = data.aws_ssm_parameter.image.insecure_value
  instance_type          = "t3.medium"
  update_default_version = true
  user_data              = filebase64(var.boot_script)
  tags                   = local.tags["launch_template"]
  iam_instance_profile { name = aws_iam_instance_profile.app.name }
  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }
  network_interfaces {
    device_index                = 0
    associate_public_ip_address = false
    delete_on_termination       = true
    security_groups             = [aws_security_group.this["app"].id]
  }
  block_device_mappings {
    device_name = "/dev/xvda"
    ebs {
      volume_type           = "gp3"
      volume_size           = 8
      encrypted             = true
      kms_key_id            = aws_kms_key.main.arn
      delete_on_termination = true
    }
  }
  dynamic "tag_specifications" {
    for_each = ["instance", "network-interface", "volume"]
    content {
      resource_type = tag_specifications.value
      tags          = local.launch_tags
    }
  }
}

resource "aws_autoscaling_group" "app" {
  name                      = local.name
  min_size                  = 1
  desired_capacity          = 2
  max_size                  = 6
  vpc_zone_identifier       = local.subnets
  target_group_arns         = [aws_lb_target_group.app.arn]
  health_check_type         = "ELB"
  health_check_grace_period = 180
  default_instance_warmup   = 120
  force_delete              = true
  launch_template {
    id      = aws_launch_template.app.id
    version = "$Default"
  }
  dynamic "tag" {
    for_each = local.tags["auto_scaling_group"]
    content {
      key                 = tag.key
      value               = tag.value
      propagate_at_launch = tag.key != "tapctl:key"
    }
  }
  # before the first instance boots: all that it needs to boot, and that it writes to when it does
  depends_on = [
    aws_iam_role_policy.app, aws_vpc_endpoint.gateway, aws_vpc_endpoint.logs, aws_lb_listener.http,
    aws_vpc_security_group_ingress_rule.this, aws_vpc_security_group_egress_rule.this,
    aws_vpc_security_group_egress_rule.gateway, aws_s3_bucket_server_side_encryption_configuration.this,
  ]
}

resource "aws_autoscaling_policy" "cpu" {
  name                   = "cpu"
  autoscaling_group_name = aws_autoscaling_group.app.name
  policy_type            = "TargetTrackingScaling"
  target_tracking_configuration {
    target_value     = 60
    disable_scale_in = false
    predefined_metric_specification { predefined_metric_type = "ASGAverageCPUUtilization" }
  }
}

# ---------------------------------------------------------------- alarms
locals {
  database = { DBInstanceIdentifier = lower(local.name) }
  balancer = { LoadBalancer = aws_lb.main.arn_suffix }
  alarms = {
    database-storage = {
      words      = "The database has less than 2 GiB of storage left"
      namespace  = "AWS/RDS"
      metric     = "FreeStorageSpace"
      statistic  = "Minimum"
      comparison = "LessThanThreshold"
      threshold  = 2 * 1024 * 1024 * 1024
      minutes    = 15
      missing    = "missing"
      of         = local.database
    }
    unhealthy-targets = {
      words      = "Instances fail the load balancer's health check"
      namespace  = "AWS/ApplicationELB"
      metric     = "UnHealthyHostCount"
      statistic  = "Maximum"
      comparison = "GreaterThanThreshold"
      threshold  = 0
      minutes    = 5
      missing    = "missing"
      of         = merge(local.balancer, { TargetGroup = aws_lb_target_group.app.arn_suffix })
    }
    target-5xx = {
      words      = "The application answers with server errors"
      namespace  = "AWS/ApplicationELB"
      metric     = "HTTPCode_Target_5XX_Count"
      statistic  = "Sum"
      comparison = "GreaterThanThreshold"
      threshold  = 10
      minutes    = 5
      missing    = "notBreaching"
      of         = local.balancer
    }
    load-balancer-5xx = {
      words      = "The load balancer itself answers with server errors: no instance does"
      namespace  = "AWS/ApplicationELB"
      metric     = "HTTPCode_ELB_5XX_Count"
      statistic  = "Sum"
      comparison = "GreaterThanThreshold"
      threshold  = 10
      minutes    = 5
      missing    = "notBreaching"
      of         = local.balancer
    }
    replica-lag = {
      words      = "The replica is more than 5 minutes behind the primary"
      namespace  = "AWS/RDS"
      metric     = "ReplicaLag"
      statistic  = "Maximum"
      comparison = "GreaterThanThreshold"
      threshold  = 300
      minutes    = 5
      missing    = "missing"
      of         = local.database
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each            = { for name, alarm in local.alarms : name => alarm if local.replica || name != "replica-lag" }
  alarm_name          = "${local.name}-${each.key}"
  alarm_description   = each.value.words
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  statistic           = each.value.statistic
  period              = 60
  evaluation_periods  = each.value.minutes
  datapoints_to_alarm = each.value.minutes
  threshold           = each.value.threshold
  comparison_operator = each.value.comparison
  treat_missing_data  = each.value.missing
  dimensions          = each.value.of
  tags                = local.tags["alarm/${each.key}"]
}
