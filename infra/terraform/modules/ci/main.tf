data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

module "oidc_provider" {
  # checkov:skip=CKV_TF_1:The registry has versions, not commits; the version is exact.
  source  = "terraform-aws-modules/iam/aws//modules/iam-oidc-provider"
  version = "6.5.0"

  url            = var.oidc.issuer_url
  client_id_list = [var.oidc.audience]
}

# Signs images; the public part verifies them.
module "signing_key" {
  # checkov:skip=CKV_TF_1:The registry has versions, not commits; the version is exact.
  source  = "terraform-aws-modules/kms/aws"
  version = "4.2.0"

  description             = "Signs container images"
  aliases                 = ["${var.name}/images"]
  key_spec                = "ECC_NIST_P256"
  key_usage               = "SIGN_VERIFY"
  enable_key_rotation     = false
  deletion_window_in_days = 30
}

module "role" {
  # checkov:skip=CKV_TF_1:The registry has versions, not commits; the version is exact.
  source  = "terraform-aws-modules/iam/aws//modules/iam-role"
  version = "6.5.0"

  name                 = "${var.name}-ci"
  use_name_prefix      = false
  description          = "The pipeline pushes images and rolls them out"
  max_session_duration = 3600

  enable_oidc        = true
  oidc_provider_urls = [module.oidc_provider.url]
  oidc_subjects      = var.oidc.subjects
  oidc_audiences     = [var.oidc.audience]

  create_inline_policy = true
  inline_policy_permissions = {
    RegistryLogin = {
      actions   = ["ecr:GetAuthorizationToken"]
      resources = ["*"]
    }
    Images = {
      actions = [
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:CompleteLayerUpload",
        "ecr:DescribeImages",
        "ecr:DescribeImageScanFindings",
        "ecr:GetDownloadUrlForLayer",
        "ecr:InitiateLayerUpload",
        "ecr:PutImage",
        "ecr:UploadLayerPart",
      ]
      resources = var.repository_arns
    }
    Sign = {
      actions   = ["kms:DescribeKey", "kms:GetPublicKey", "kms:Sign"]
      resources = [module.signing_key.key_arn]
    }
    Cluster = {
      actions   = ["eks:DescribeCluster"]
      resources = ["arn:${data.aws_partition.current.partition}:eks:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:cluster/${var.cluster_name}"]
    }
  }
}
