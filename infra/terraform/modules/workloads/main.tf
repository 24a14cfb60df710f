# Kafka's access control lists, as IAM policies: one role for each service account, bound by Pod Identity.

locals {
  topics           = replace(var.msk_cluster_arn, ":cluster/", ":topic/")
  groups           = replace(var.msk_cluster_arn, ":cluster/", ":group/")
  transactional_id = replace(var.msk_cluster_arn, ":cluster/", ":transactional-id/")
}

data "aws_iam_policy_document" "this" {
  for_each = var.service_accounts

  statement {
    sid       = "CustomersKeys"
    actions   = ["kms:GenerateDataKey", "kms:Decrypt"]
    resources = [var.customers_key_arn]
  }

  # Every start looks whether its topics are there.
  statement {
    sid       = "Connect"
    actions   = ["kafka-cluster:Connect", "kafka-cluster:DescribeCluster"]
    resources = [var.msk_cluster_arn]
  }

  statement {
    sid       = "See"
    actions   = ["kafka-cluster:DescribeTopic", "kafka-cluster:DescribeTopicDynamicConfiguration"]
    resources = ["${local.topics}/*"]
  }

  dynamic "statement" {
    for_each = length(each.value.reads) > 0 ? [each.value.reads] : []

    content {
      sid       = "Read"
      actions   = ["kafka-cluster:ReadData"]
      resources = [for topic in statement.value : "${local.topics}/${topic}"]
    }
  }

  dynamic "statement" {
    for_each = length(each.value.groups) > 0 ? [each.value.groups] : []

    content {
      sid       = "Groups"
      actions   = ["kafka-cluster:DescribeGroup", "kafka-cluster:AlterGroup"]
      resources = [for group in statement.value : "${local.groups}/${group}"]
    }
  }

  dynamic "statement" {
    for_each = length(each.value.writes) > 0 ? [each.value.writes] : []

    content {
      sid       = "Write"
      actions   = ["kafka-cluster:WriteData"]
      resources = [for topic in statement.value : "${local.topics}/${topic}"]
    }
  }

  dynamic "statement" {
    for_each = length(each.value.writes) > 0 ? [var.msk_cluster_arn] : []

    content {
      sid       = "WriteOnce"
      actions   = ["kafka-cluster:WriteDataIdempotently"]
      resources = [statement.value]
    }
  }

  dynamic "statement" {
    for_each = each.value.transactional_id[*]

    content {
      sid       = "Transactions"
      actions   = ["kafka-cluster:DescribeTransactionalId", "kafka-cluster:AlterTransactionalId"]
      resources = ["${local.transactional_id}/${statement.value}"]
    }
  }
}

module "identity" {
  # checkov:skip=CKV_TF_1:The registry has versions, not commits; the version is exact.
  source   = "terraform-aws-modules/eks-pod-identity/aws"
  version  = "2.8.1"
  for_each = var.service_accounts

  name                    = "${var.name}-${each.key}"
  use_name_prefix         = false
  attach_custom_policy    = true
  policy_name_prefix      = "${var.name}-"
  source_policy_documents = [data.aws_iam_policy_document.this[each.key].json]

  associations = {
    this = {
      cluster_name    = var.cluster_name
      namespace       = var.namespace
      service_account = each.key
    }
  }
}

# KEDA scales consumers by their lag.
module "keda_identity" {
  # checkov:skip=CKV_TF_1:The registry has versions, not commits; the version is exact.
  source  = "terraform-aws-modules/eks-pod-identity/aws"
  version = "2.8.1"

  name                 = "${var.name}-keda"
  attach_custom_policy = true
  policy_name_prefix   = "${var.name}-"
  policy_statements = [
    {
      sid       = "Connect"
      actions   = ["kafka-cluster:Connect", "kafka-cluster:DescribeCluster"]
      resources = [var.msk_cluster_arn]
    },
    {
      sid       = "SeeLag"
      actions   = ["kafka-cluster:DescribeTopic", "kafka-cluster:DescribeGroup"]
      resources = ["${local.topics}/*", "${local.groups}/*"]
    },
  ]

  associations = {
    operator = {
      cluster_name    = var.cluster_name
      namespace       = "keda"
      service_account = "keda-operator"
    }
  }
}
