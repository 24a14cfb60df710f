output "cluster" {
  description = "The Kubernetes cluster, and what Karpenter's chart is told."
  value = {
    name      = module.eks.cluster_name
    endpoint  = module.eks.cluster_endpoint
    namespace = var.namespace
    karpenter = module.eks.karpenter
  }
}

output "settings" {
  description = "Settings of the processes (docs/operations.md) that this environment decides."
  value = {
    TRUST_PROXY      = module.network.vpc_cidr
    KAFKA_BROKERS    = module.msk.bootstrap_brokers
    KAFKA_TLS        = "true"
    KAFKA_SASL       = "aws-msk-iam"
    KAFKA_AWS_REGION = data.aws_region.current.region
    TOPIC_PARTITIONS = tostring(var.kafka.topic_partitions)
    KEYS_KMS_KEY_ID  = module.keys.customers_key_alias
    KEYS_KMS_REGION  = data.aws_region.current.region
  }
}

output "region" {
  description = "The region, as charts are told."
  value       = data.aws_region.current.region
}

output "vpc_id" {
  description = "The VPC, as the chart of the load balancer controller is told."
  value       = module.network.vpc_id
}

output "topics" {
  description = "Kafka's topics."
  value       = module.msk.topics
}

output "role_arns" {
  description = "The role of each service account."
  value       = module.workloads.role_arns
}

output "secret_arns" {
  description = "Secrets, whose values people put in."
  value       = module.secrets.arns
}

output "repository_urls" {
  description = "Image repositories."
  value       = module.ecr.repository_urls
}

output "ci" {
  description = "The pipeline's role, and the key that signs images."
  value = {
    role_arn        = module.ci.role_arn
    signing_key_arn = module.ci.signing_key_arn
  }
}

output "backups" {
  description = "Where backups are."
  value = {
    archive_bucket = module.data.archive_bucket
    volume_vault   = module.data.backup_vault
  }
}

output "mongodb_endpoint_id" {
  description = "The endpoint that MongoDB Atlas is told of, or null."
  value       = module.data.mongodb_endpoint_id
}

output "observability" {
  description = "Where metrics go, and the topic that alerts are sent to."
  value = {
    prometheus_endpoint = module.observability.prometheus_endpoint
    alerts_topic_arn    = module.observability.alerts_topic_arn
  }
}

output "nat_public_ips" {
  description = "The addresses from which the system reaches others."
  value       = module.network.nat_public_ips
}
