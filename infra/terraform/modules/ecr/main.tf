data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

module "repository" {
  # checkov:skip=CKV_TF_1:The registry has versions, not commits; the version is exact.
  source   = "terraform-aws-modules/ecr/aws"
  version  = "3.2.0"
  for_each = var.repositories

  repository_name                 = each.key
  repository_type                 = "private"
  repository_image_tag_mutability = "IMMUTABLE"
  repository_image_scan_on_push   = true
  repository_encryption_type      = "KMS"
  repository_force_delete         = false

  # IAM policies of the account decide who reads and writes.
  create_repository_policy = false
  attach_repository_policy = false

  create_lifecycle_policy = true
  repository_lifecycle_policy = jsonencode({
    rules = [
      # No rule for what has no tag: tags are immutable, so that is signatures and bills of materials, which refer to an image.
      {
        rulePriority = 1
        description  = "The oldest images"
        selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = var.keep_images }
        action       = { type = "expire" }
      },
    ]
  })
}

data "aws_iam_policy_document" "replication" {
  count = length(var.replicate_from_account_ids) == 0 ? 0 : 1

  statement {
    sid       = "Replication"
    actions   = ["ecr:ReplicateImage"]
    resources = ["arn:${data.aws_partition.current.partition}:ecr:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:repository/*"]

    principals {
      type        = "AWS"
      identifiers = [for id in var.replicate_from_account_ids : "arn:${data.aws_partition.current.partition}:iam::${id}:root"]
    }
  }
}

module "registry" {
  # checkov:skip=CKV_TF_1:The registry has versions, not commits; the version is exact.
  source  = "terraform-aws-modules/ecr/aws"
  version = "3.2.0"

  create_repository = false

  manage_registry_scanning_configuration = true
  registry_scan_type                     = "ENHANCED"
  registry_scan_rules = [
    {
      scan_frequency = "CONTINUOUS_SCAN"
      filter         = [{ filter = "*", filter_type = "WILDCARD" }]
    }
  ]

  create_registry_policy = length(var.replicate_from_account_ids) > 0
  registry_policy        = one(data.aws_iam_policy_document.replication[*].json)

  create_registry_replication_configuration = length(var.replicate_to) > 0
  registry_replication_rules = [
    {
      destinations = [for target in var.replicate_to : { registry_id = target.account_id, region = target.region }]
    }
  ]
}
