data "aws_caller_identity" "current" {}

data "aws_region" "current" {}

resource "aws_cloudwatch_log_group" "prometheus" {
  # checkov:skip=CKV_AWS_338:The environment decides: a year in prod, less where nobody is to be held to account.
  name              = "/aws/vendedlogs/prometheus/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.log_key_arn
}

resource "aws_prometheus_workspace" "this" {
  alias = var.name

  logging_configuration {
    log_group_arn = "${aws_cloudwatch_log_group.prometheus.arn}:*"
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_prometheus_workspace_configuration" "this" {
  workspace_id             = aws_prometheus_workspace.this.id
  retention_period_in_days = var.metrics_retention_days
}

resource "aws_prometheus_rule_group_namespace" "this" {
  for_each = var.rule_files

  name         = each.key
  workspace_id = aws_prometheus_workspace.this.id
  data         = file(each.value)
}

# The service that sends alerts must be able to encrypt them.
module "alerts_key" {
  # checkov:skip=CKV_TF_1:The registry has versions, not commits; the version is exact.
  source  = "terraform-aws-modules/kms/aws"
  version = "4.2.0"

  description             = "Alerts on their way"
  aliases                 = ["${var.name}/alerts"]
  deletion_window_in_days = 30
  enable_key_rotation     = true

  key_statements = [
    {
      sid       = "AlertManager"
      actions   = ["kms:GenerateDataKey*", "kms:Decrypt"]
      resources = ["*"]
      principals = [
        {
          type        = "Service"
          identifiers = ["aps.amazonaws.com"]
        }
      ]
      condition = [
        {
          test     = "ArnEquals"
          variable = "aws:SourceArn"
          values   = [aws_prometheus_workspace.this.arn]
        },
        {
          test     = "StringEquals"
          variable = "aws:SourceAccount"
          values   = [data.aws_caller_identity.current.account_id]
        }
      ]
    }
  ]
}

# Whoever is on call subscribes to it.
resource "aws_sns_topic" "alerts" {
  name              = "${var.name}-alerts"
  kms_master_key_id = module.alerts_key.key_arn
}

data "aws_iam_policy_document" "alerts" {
  statement {
    sid       = "AlertManager"
    actions   = ["sns:Publish", "sns:GetTopicAttributes"]
    resources = [aws_sns_topic.alerts.arn]

    principals {
      type        = "Service"
      identifiers = ["aps.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [aws_prometheus_workspace.this.arn]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }
}

resource "aws_sns_topic_policy" "alerts" {
  arn    = aws_sns_topic.alerts.arn
  policy = data.aws_iam_policy_document.alerts.json
}

resource "aws_prometheus_alert_manager_definition" "this" {
  workspace_id = aws_prometheus_workspace.this.id

  definition = yamlencode({
    alertmanager_config = yamlencode({
      route = { receiver = "on-call", group_by = ["alertname"] }
      receivers = [
        {
          name = "on-call"
          sns_configs = [
            {
              topic_arn = aws_sns_topic.alerts.arn
              sigv4     = { region = data.aws_region.current.region }
            }
          ]
        }
      ]
    })
  })
}

module "prometheus_identity" {
  # checkov:skip=CKV_TF_1:The registry has versions, not commits; the version is exact.
  source  = "terraform-aws-modules/eks-pod-identity/aws"
  version = "2.8.1"

  name                 = "${var.name}-prometheus"
  attach_custom_policy = true
  policy_statements = [
    {
      sid       = "Write"
      actions   = ["aps:RemoteWrite"]
      resources = [aws_prometheus_workspace.this.arn]
    }
  ]

  associations = {
    prometheus = {
      cluster_name    = var.cluster_name
      namespace       = "monitoring"
      service_account = "prometheus"
    }
  }
}

module "grafana_identity" {
  # checkov:skip=CKV_TF_1:The registry has versions, not commits; the version is exact.
  source  = "terraform-aws-modules/eks-pod-identity/aws"
  version = "2.8.1"

  name                 = "${var.name}-grafana"
  attach_custom_policy = true
  policy_statements = [
    {
      sid       = "Read"
      actions   = ["aps:QueryMetrics", "aps:GetLabels", "aps:GetMetricMetadata", "aps:GetSeries"]
      resources = [aws_prometheus_workspace.this.arn]
    }
  ]

  associations = {
    grafana = {
      cluster_name    = var.cluster_name
      namespace       = "monitoring"
      service_account = "grafana"
    }
  }
}
