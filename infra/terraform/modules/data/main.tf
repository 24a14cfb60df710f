# What is left when a cluster is lost: copies of volumes (EventStoreDB, MongoDB in the cluster) and an archive of backups.

data "aws_caller_identity" "current" {}

resource "aws_s3_bucket" "archive" {
  # checkov:skip=CKV_AWS_18:Who reads and writes is in CloudTrail, whose data events the account turns on.
  # checkov:skip=CKV_AWS_144:Personal data stays in its region; another one is a decision of its own.
  # checkov:skip=CKV2_AWS_62:Nothing is to happen when an object comes.
  bucket              = "${var.name}-archive-${data.aws_caller_identity.current.account_id}"
  object_lock_enabled = true

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_versioning" "archive" {
  bucket = aws_s3_bucket.archive.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_object_lock_configuration" "archive" {
  bucket = aws_s3_bucket.archive.id

  rule {
    default_retention {
      mode = "GOVERNANCE"
      days = var.archive_retention_days
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "archive" {
  bucket = aws_s3_bucket.archive.id

  rule {
    id     = "retention"
    status = "Enabled"

    filter {}

    expiration {
      days = var.archive_retention_days
    }

    noncurrent_version_expiration {
      noncurrent_days = 1
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  # S3 asks for the versioning to be there before what refers to versions.
  depends_on = [aws_s3_bucket_versioning.archive]
}

resource "aws_s3_bucket_server_side_encryption_configuration" "archive" {
  bucket = aws_s3_bucket.archive.id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = var.storage_key_arn
    }
  }
}

resource "aws_s3_bucket_public_access_block" "archive" {
  bucket = aws_s3_bucket.archive.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

data "aws_iam_policy_document" "archive" {
  statement {
    sid       = "TlsOnly"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.archive.arn, "${aws_s3_bucket.archive.arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_s3_bucket_policy" "archive" {
  bucket = aws_s3_bucket.archive.id
  policy = data.aws_iam_policy_document.archive.json

  depends_on = [aws_s3_bucket_public_access_block.archive]
}

resource "aws_backup_vault" "volumes" {
  name        = "${var.name}-volumes"
  kms_key_arn = var.storage_key_arn

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_backup_plan" "volumes" {
  name = "${var.name}-volumes"

  rule {
    rule_name         = "regular"
    target_vault_name = aws_backup_vault.volumes.name
    schedule          = var.volume_backup.schedule

    lifecycle {
      delete_after = var.volume_backup.retention_days
    }
  }
}

data "aws_iam_policy_document" "backup_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["backup.amazonaws.com"]
    }

    # Only for this account's backups: not as somebody else's deputy.
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }
}

data "aws_partition" "current" {}

resource "aws_iam_role" "backup" {
  name_prefix        = "${var.name}-backup-"
  assume_role_policy = data.aws_iam_policy_document.backup_trust.json
}

resource "aws_iam_role_policy_attachment" "backup" {
  for_each = toset(["AWSBackupServiceRolePolicyForBackup", "AWSBackupServiceRolePolicyForRestores"])

  role       = aws_iam_role.backup.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/service-role/${each.value}"
}

# The account holds one environment, so the tag is the same in all, and in deploy/k8s/cluster.
resource "aws_backup_selection" "volumes" {
  name         = "${var.name}-volumes"
  plan_id      = aws_backup_plan.volumes.id
  iam_role_arn = aws_iam_role.backup.arn

  selection_tag {
    type  = "STRINGEQUALS"
    key   = "backup"
    value = "volumes"
  }
}

# MongoDB Atlas behind a private link: one endpoint, for as many zones as subnets.
resource "aws_security_group" "mongodb" {
  count = var.mongodb_endpoint_service == null ? 0 : 1

  name_prefix = "${var.name}-mongodb-"
  description = "The private link to MongoDB Atlas of ${var.name}"
  vpc_id      = var.vpc_id
  tags        = { Name = "${var.name}-mongodb" }

  lifecycle {
    create_before_destroy = true
  }
}

# Atlas gives each node of a cluster a port of its own, from 1024 on.
resource "aws_vpc_security_group_ingress_rule" "mongodb" {
  # checkov:skip=CKV_AWS_25:From the group of the nodes only, to an endpoint of Atlas.
  for_each = var.mongodb_endpoint_service == null ? {} : var.client_security_group_ids

  security_group_id            = aws_security_group.mongodb[0].id
  referenced_security_group_id = each.value
  description                  = "MongoDB from ${each.key}"
  ip_protocol                  = "tcp"
  from_port                    = 1024
  to_port                      = 65535
}

resource "aws_vpc_endpoint" "mongodb" {
  count = var.mongodb_endpoint_service == null ? 0 : 1

  vpc_id             = var.vpc_id
  service_name       = var.mongodb_endpoint_service
  vpc_endpoint_type  = "Interface"
  subnet_ids         = var.subnet_ids
  security_group_ids = [aws_security_group.mongodb[0].id]
  tags               = { Name = "${var.name}-mongodb" }
}
