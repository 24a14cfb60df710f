data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account_root = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root"
}

# IAM policies of the account decide about these keys, and only they.
data "aws_iam_policy_document" "account" {
  # checkov:skip=CKV_AWS_109:The statement lets IAM of the account decide, as AWS documents it; without it nobody could mend a policy.
  # checkov:skip=CKV_AWS_111:As above: what may be written is limited by the policies of the roles.
  # checkov:skip=CKV_AWS_356:In the policy of a key, * is that key alone.
  statement {
    sid       = "AccountDecides"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = [local.account_root]
    }
  }
}

# Whoever may make a volume may use the key for it, and for nothing else: the driver of volumes, Karpenter, and the roles by which Auto Scaling
# and EC2 Fleet start nodes, whose own policies nobody can add to and which a new account does not have yet. The key that AWS keeps for
# volumes says the same.
data "aws_iam_policy_document" "storage" {
  source_policy_documents = [data.aws_iam_policy_document.account.json]

  statement {
    sid       = "Volumes"
    actions   = ["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "StringEquals"
      variable = "kms:CallerAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["ec2.${data.aws_region.current.region}.amazonaws.com"]
    }
  }
}

# The two whose loss is the loss of data are written out: a module's resources cannot be protected from destruction.
resource "aws_kms_key" "customers" {
  description             = "Wraps the keys of customers' personal data"
  deletion_window_in_days = 30
  enable_key_rotation     = true
  policy                  = data.aws_iam_policy_document.account.json

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_kms_alias" "customers" {
  name          = "alias/${var.name}/customers"
  target_key_id = aws_kms_key.customers.key_id
}

resource "aws_kms_key" "storage" {
  description             = "Volumes, brokers, buckets and backups"
  deletion_window_in_days = 30
  enable_key_rotation     = true
  policy                  = data.aws_iam_policy_document.storage.json

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_kms_alias" "storage" {
  name          = "alias/${var.name}/storage"
  target_key_id = aws_kms_key.storage.key_id
}

# Every volume of the account, of nodes and of pods, so that no manifest has to name the key.
resource "aws_ebs_encryption_by_default" "this" {
  enabled = true
}

resource "aws_ebs_default_kms_key" "this" {
  key_arn = aws_kms_key.storage.arn
}

module "secrets" {
  # checkov:skip=CKV_TF_1:The registry has versions, not commits; the version is exact.
  source  = "terraform-aws-modules/kms/aws"
  version = "4.2.0"

  description             = "Secrets Manager and Kubernetes' secrets"
  aliases                 = ["${var.name}/secrets"]
  deletion_window_in_days = 30
  enable_key_rotation     = true
}

module "logs" {
  # checkov:skip=CKV_TF_1:The registry has versions, not commits; the version is exact.
  source  = "terraform-aws-modules/kms/aws"
  version = "4.2.0"

  description             = "Log groups"
  aliases                 = ["${var.name}/logs"]
  deletion_window_in_days = 30
  enable_key_rotation     = true

  key_statements = [
    {
      sid       = "CloudWatchLogs"
      actions   = ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"]
      resources = ["*"]
      principals = [
        {
          type        = "Service"
          identifiers = ["logs.${data.aws_region.current.region}.amazonaws.com"]
        }
      ]
      condition = [
        {
          test     = "ArnLike"
          variable = "kms:EncryptionContext:aws:logs:arn"
          values   = ["arn:${data.aws_partition.current.partition}:logs:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:*"]
        }
      ]
    }
  ]
}
