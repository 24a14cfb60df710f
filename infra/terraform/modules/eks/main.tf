data "aws_partition" "current" {}

locals {
  access_policies = "arn:${data.aws_partition.current.partition}:eks::aws:cluster-access-policy"

  admins = {
    for arn in var.admin_role_arns : "admin-${reverse(split("/", arn))[0]}" => {
      principal_arn = arn
      policy_associations = {
        cluster = {
          policy_arn   = "${local.access_policies}/AmazonEKSClusterAdminPolicy"
          access_scope = { type = "cluster" }
        }
      }
    }
  }

  # The admin policy, as the roll-out makes custom resources too, but within the namespace.
  deployers = {
    for name, arn in var.deployer_role_arns : "deployer-${name}" => {
      principal_arn = arn
      policy_associations = {
        namespace = {
          policy_arn   = "${local.access_policies}/AmazonEKSClusterAdminPolicy"
          access_scope = { type = "namespace", namespaces = [var.namespace] }
        }
      }
    }
  }
}

module "eks" {
  # checkov:skip=CKV_TF_1:The registry has versions, not commits; the version is exact.
  source  = "terraform-aws-modules/eks/aws"
  version = "21.19.0"

  name               = var.name
  kubernetes_version = var.kubernetes_version

  vpc_id                   = var.vpc_id
  subnet_ids               = var.node_subnet_ids
  control_plane_subnet_ids = var.control_plane_subnet_ids

  endpoint_private_access = true
  endpoint_public_access  = false
  # One each: a rule without a network would be refused.
  security_group_additional_rules = {
    for cidr in var.api_client_cidrs : cidr => {
      description = "The API endpoint, for a network outside the VPC"
      from_port   = 443
      to_port     = 443
      cidr_blocks = [cidr]
    }
  }

  authentication_mode                      = "API"
  enable_cluster_creator_admin_permissions = false
  access_entries                           = merge(local.admins, local.deployers)

  # Pods get their rights by Pod Identity.
  enable_irsa = false

  create_kms_key = false
  encryption_config = {
    provider_key_arn = var.secrets_key_arn
    resources        = ["secrets"]
  }

  deletion_protection = true
  enabled_log_types   = ["api", "audit", "authenticator", "controllerManager", "scheduler"]

  cloudwatch_log_group_retention_in_days = var.log_retention_days
  cloudwatch_log_group_kms_key_id        = var.log_key_arn

  addons = {
    coredns    = {}
    kube-proxy = {}
    vpc-cni = {
      before_compute = true
      # Without it NetworkPolicies are accepted and do nothing.
      configuration_values = jsonencode({ enableNetworkPolicy = "true" })
    }
    eks-pod-identity-agent = { before_compute = true }
    aws-ebs-csi-driver = {
      pod_identity_association = [
        {
          role_arn        = module.ebs_csi_identity.iam_role_arn
          service_account = "ebs-csi-controller-sa"
        }
      ]
    }
    metrics-server = {}
  }

  eks_managed_node_groups = {
    system = {
      ami_type       = "BOTTLEROCKET_x86_64"
      instance_types = var.system_nodes.instance_types
      min_size       = var.system_nodes.min_size
      max_size       = var.system_nodes.max_size
      desired_size   = var.system_nodes.min_size
      labels         = { "node-role" = "system" }
      metadata_options = {
        http_endpoint               = "enabled"
        http_tokens                 = "required"
        http_put_response_hop_limit = 1
      }
      update_config = { max_unavailable = 1 }
    }
  }

  node_security_group_tags = { "karpenter.sh/discovery" = var.name }
}

module "karpenter" {
  # checkov:skip=CKV_TF_1:The registry has versions, not commits; the version is exact.
  source  = "terraform-aws-modules/eks/aws//modules/karpenter"
  version = "21.19.0"

  cluster_name = module.eks.cluster_name
  namespace    = "kube-system"

  node_iam_role_name            = "${var.name}-karpenter-node"
  node_iam_role_use_name_prefix = false
}

module "ebs_csi_identity" {
  # checkov:skip=CKV_TF_1:The registry has versions, not commits; the version is exact.
  source  = "terraform-aws-modules/eks-pod-identity/aws"
  version = "2.8.1"

  name                      = "${var.name}-ebs-csi"
  attach_aws_ebs_csi_policy = true
  aws_ebs_csi_kms_arns      = [var.storage_key_arn]
}

module "load_balancer_identity" {
  # checkov:skip=CKV_TF_1:The registry has versions, not commits; the version is exact.
  source  = "terraform-aws-modules/eks-pod-identity/aws"
  version = "2.8.1"

  name                            = "${var.name}-load-balancer"
  attach_aws_lb_controller_policy = true

  associations = {
    controller = {
      cluster_name    = module.eks.cluster_name
      namespace       = "kube-system"
      service_account = "aws-load-balancer-controller"
    }
  }
}

module "external_secrets_identity" {
  # checkov:skip=CKV_TF_1:The registry has versions, not commits; the version is exact.
  source  = "terraform-aws-modules/eks-pod-identity/aws"
  version = "2.8.1"

  name                                  = "${var.name}-external-secrets"
  attach_external_secrets_policy        = true
  external_secrets_create_permission    = false
  external_secrets_secrets_manager_arns = var.secret_arns
  external_secrets_kms_key_arns         = [var.secrets_key_arn]

  associations = {
    controller = {
      cluster_name    = module.eks.cluster_name
      namespace       = "external-secrets"
      service_account = "external-secrets"
    }
  }
}
