locals {
  # Large ones for nodes and pods (4,091 addresses each), small ones from the upper end for the rest.
  private_subnets = [for index, zone in var.availability_zones : cidrsubnet(var.cidr, 4, index)]
  public_subnets  = [for index, zone in var.availability_zones : cidrsubnet(var.cidr, 8, 240 + index)]
  intra_subnets   = [for index, zone in var.availability_zones : cidrsubnet(var.cidr, 8, 244 + index)]

  interface_endpoints = toset([
    "aps-workspaces",
    "autoscaling",
    "ec2",
    "ecr.api",
    "ecr.dkr",
    "eks",
    "eks-auth",
    "elasticloadbalancing",
    "kms",
    "logs",
    "secretsmanager",
    "sqs",
    "sts",
  ])
}

module "vpc" {
  # checkov:skip=CKV_TF_1:The registry has versions, not commits; the version is exact.
  source  = "terraform-aws-modules/vpc/aws"
  version = "6.6.0"

  name = var.name
  cidr = var.cidr
  azs  = var.availability_zones

  private_subnets = local.private_subnets
  public_subnets  = local.public_subnets
  # Without a way out: brokers and the ends of private links live here.
  intra_subnets = local.intra_subnets

  enable_nat_gateway     = true
  single_nat_gateway     = var.single_nat_gateway
  one_nat_gateway_per_az = !var.single_nat_gateway

  enable_dns_hostnames = true
  enable_dns_support   = true

  # Nobody is to use the default group by mistake: it lets nothing in and nothing out.
  manage_default_security_group  = true
  default_security_group_ingress = []
  default_security_group_egress  = []

  # The tags by which the load balancer controller and Karpenter find subnets.
  public_subnet_tags = { "kubernetes.io/role/elb" = "1" }
  private_subnet_tags = {
    "kubernetes.io/role/internal-elb" = "1"
    "karpenter.sh/discovery"          = var.name
  }
}

module "endpoints" {
  # checkov:skip=CKV_TF_1:The registry has versions, not commits; the version is exact.
  source  = "terraform-aws-modules/vpc/aws//modules/vpc-endpoints"
  version = "6.6.0"

  vpc_id     = module.vpc.vpc_id
  subnet_ids = module.vpc.intra_subnets

  create_security_group      = true
  security_group_name_prefix = "${var.name}-endpoints-"
  security_group_description = "TLS from the VPC to the interface endpoints"
  security_group_rules = {
    ingress_https = {
      description = "TLS from the VPC"
      cidr_blocks = [module.vpc.vpc_cidr_block]
    }
  }

  endpoints = merge(
    {
      for service in local.interface_endpoints : replace(service, ".", "_") => {
        service             = service
        private_dns_enabled = true
        tags                = { Name = "${var.name}-${service}" }
      }
    },
    {
      s3 = {
        service         = "s3"
        service_type    = "Gateway"
        route_table_ids = concat(module.vpc.private_route_table_ids, module.vpc.intra_route_table_ids)
        tags            = { Name = "${var.name}-s3" }
      }
    },
  )
}

module "flow_log" {
  # checkov:skip=CKV_TF_1:The registry has versions, not commits; the version is exact.
  source  = "terraform-aws-modules/vpc/aws//modules/flow-log"
  version = "6.6.0"

  name                                   = var.name
  vpc_id                                 = module.vpc.vpc_id
  traffic_type                           = "ALL"
  max_aggregation_interval               = 60
  cloudwatch_log_group_retention_in_days = var.log_retention_days
  cloudwatch_log_group_kms_key_id        = var.log_key_arn
}
