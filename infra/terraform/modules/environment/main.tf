data "aws_region" "current" {}

locals {
  clients = { nodes = module.eks.node_security_group_id }

  # Each holds one JSON object; deploy/k8s names them, and their properties.
  secrets = {
    engines      = "User names and passwords of EventStoreDB, the schema registry and MongoDB, and SMTP_URL"
    eventstoredb = "First passwords of EventStoreDB's own users, when it runs in the cluster"
  }
}

module "keys" {
  source = "../keys"

  name = var.name
}

module "network" {
  source = "../network"

  name               = var.name
  cidr               = var.network.cidr
  availability_zones = var.network.availability_zones
  single_nat_gateway = var.network.single_nat_gateway
  log_retention_days = var.log_retention_days
  log_key_arn        = module.keys.logs_key_arn
}

module "secrets" {
  source = "../secrets"

  # An account holds one environment, so the names are the same in all.
  name    = "order-processing"
  secrets = local.secrets
  key_arn = module.keys.secrets_key_arn
}

module "eks" {
  source = "../eks"

  name                     = var.name
  kubernetes_version       = var.cluster.kubernetes_version
  vpc_id                   = module.network.vpc_id
  node_subnet_ids          = module.network.private_subnet_ids
  control_plane_subnet_ids = module.network.intra_subnet_ids
  api_client_cidrs         = var.cluster.api_client_cidrs
  admin_role_arns          = var.cluster.admin_role_arns
  deployer_role_arns       = { ci = module.ci.role_arn }
  namespace                = var.namespace
  system_nodes             = var.cluster.system_nodes
  secrets_key_arn          = module.keys.secrets_key_arn
  storage_key_arn          = module.keys.storage_key_arn
  log_key_arn              = module.keys.logs_key_arn
  log_retention_days       = var.log_retention_days
  secret_arns              = values(module.secrets.arns)
}

module "msk" {
  source = "../msk"

  name                      = var.name
  kafka_version             = var.kafka.version
  vpc_id                    = module.network.vpc_id
  subnet_ids                = module.network.intra_subnet_ids
  client_security_group_ids = local.clients
  instance_type             = var.kafka.instance_type
  brokers                   = var.kafka.brokers
  storage_gib               = var.kafka.storage_gib
  topics                    = local.topics
  storage_key_arn           = module.keys.storage_key_arn
  log_key_arn               = module.keys.logs_key_arn
  log_retention_days        = var.log_retention_days
}

module "data" {
  source = "../data"

  name                      = var.name
  storage_key_arn           = module.keys.storage_key_arn
  volume_backup             = var.data.volume_backup
  archive_retention_days    = var.data.archive_retention_days
  mongodb_endpoint_service  = var.data.mongodb_endpoint_service
  vpc_id                    = module.network.vpc_id
  subnet_ids                = module.network.intra_subnet_ids
  client_security_group_ids = local.clients
}

module "ecr" {
  source = "../ecr"

  repositories               = var.images.repositories
  keep_images                = var.images.keep_images
  replicate_to               = var.images.replicate_to
  replicate_from_account_ids = var.images.replicate_from_account_ids
}

module "workloads" {
  source = "../workloads"

  name              = var.name
  cluster_name      = module.eks.cluster_name
  namespace         = var.namespace
  msk_cluster_arn   = module.msk.cluster_arn
  customers_key_arn = module.keys.customers_key_arn
  service_accounts  = local.service_accounts
}

module "observability" {
  source = "../observability"

  name                   = var.name
  cluster_name           = module.eks.cluster_name
  rule_files             = { for file in fileset(var.rules_directory, "*.yml") : trimsuffix(file, ".yml") => "${var.rules_directory}/${file}" }
  metrics_retention_days = var.metrics_retention_days
  log_retention_days     = var.log_retention_days
  log_key_arn            = module.keys.logs_key_arn
}

module "ci" {
  source = "../ci"

  name            = var.name
  oidc            = var.ci
  cluster_name    = var.name
  repository_arns = module.ecr.repository_arns
}
